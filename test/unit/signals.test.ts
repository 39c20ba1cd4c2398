import { Signals } from '../../src/broker/signals';
import { settled } from '../support/deferred';

describe('Signals', () => {
  let signals: Signals;
  let woken: string[];

  beforeEach(() => {
    signals = new Signals();
    woken = [];
  });

  function wait(key: string, name = key): { cancel(): void } {
    const next = signals.next(key);
    void next.happened.then(() => woken.push(name));
    return next;
  }

  it('wakes all who wait for the key, and nobody else', async () => {
    wait('a', 'first');
    wait('a', 'second');
    wait('b');
    signals.notify('a');
    await settled();
    expect(woken).toEqual(['first', 'second']);
  });

  it('wakes once', async () => {
    wait('a');
    signals.notify('a');
    signals.notify('a');
    await settled();
    expect(woken).toEqual(['a']);
  });

  it('keeps nothing of what nobody waited for', async () => {
    signals.notify('a');
    wait('a');
    await settled();
    expect(woken).toEqual([]);
  });

  it('does not wake who no longer waits, and forgets a key for which nobody does', async () => {
    const [first, second] = [wait('a', 'first'), wait('a', 'second')];
    first.cancel();
    expect(signals.size).toBe(1);
    signals.notify('a');
    second.cancel();
    await settled();
    expect(woken).toEqual(['second']);
    wait('b').cancel();
    expect(signals.size).toBe(0);
  });

  it('leaves those alone who came after a signal when an earlier one cancels', async () => {
    const earlier = wait('a', 'earlier');
    signals.notify('a');
    wait('a', 'later');
    earlier.cancel();
    signals.notify('a');
    await settled();
    expect(woken).toEqual(['earlier', 'later']);
  });

  it('wakes everybody when it closes', async () => {
    wait('a');
    wait('b');
    expect(signals.isClosed).toBe(false);
    signals.close();
    await settled();
    expect(woken).toEqual(['a', 'b']);
    expect([signals.isClosed, signals.size]).toEqual([true, 0]);
  });
});
