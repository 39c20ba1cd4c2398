/**
 * Jest asks `AsyncLocalStorage` which test an error without a handler belongs to. On Node 20 that follows each promise of
 * all that is tested: a tenth of the time. Tests of a file run one after the other, so it is the one under way.
 */
class TestUnderWay {
  #context;

  getStore() {
    return this.#context;
  }

  run(context, callback) {
    const before = this.#context;
    const end = () => {
      this.#context = before;
    };
    this.#context = context;
    const result = callback();
    if (typeof result?.finally === 'function') return result.finally(end);
    end();
    return result;
  }
}

// The other name of the same module: this file stands in for `node:async_hooks`.
module.exports = { ...require('async_hooks'), AsyncLocalStorage: TestUnderWay };
