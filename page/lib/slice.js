import { useLayoutEffect, useReducer } from 'preact/hooks';

/** @type {Set<Slice<unknown>>} */
const changed = new Set();
let isScheduled = false;

function flush() {
  isScheduled = false;
  const slices = [...changed];
  changed.clear();
  for (const slice of slices) slice.tell();
}

/** @param {Slice<any>} slice */
function tellInNextFrame(slice) {
  changed.add(slice);
  if (isScheduled) return;
  isScheduled = true;
  requestAnimationFrame(flush);
}

/**
 * A part of what the page shows. However often it changes, those who show it are told once per frame, or less often
 * where a rest is given; and not at all while the page is hidden.
 *
 * @template T
 */
export class Slice {
  /** @type {Set<() => void>} */
  #listeners = new Set();
  #isWaiting = false;
  #restMs;
  #restsUntil = 0;

  /**
   * @param {T} value
   * @param {{ restMs?: number }} [options] `restMs`: after its listeners were told, they are not told again for so long
   */
  constructor(value, { restMs = 0 } = {}) {
    this.value = value;
    this.#restMs = restMs;
  }

  /** @param {T} value */
  set(value) {
    this.value = value;
    this.touch();
  }

  /** Says that the value was changed in place. */
  touch() {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    const waitMs = this.#restsUntil - performance.now();
    if (waitMs > 0) setTimeout(() => tellInNextFrame(this), waitMs);
    else tellInNextFrame(this);
  }

  tell() {
    this.#isWaiting = false;
    this.#restsUntil = performance.now() + this.#restMs;
    for (const listener of this.#listeners) listener();
  }

  /**
   * @param {() => void} listener
   * @returns {() => void} ends it
   */
  subscribe(listener) {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }
}

/**
 * The slice's value, in a component that is rendered again when it changes.
 *
 * @template T
 * @param {Slice<T>} slice
 * @returns {T}
 */
export function useSlice(slice) {
  const [, rerender] = useReducer((/** @type {number} */ count) => count + 1, 0);
  useLayoutEffect(() => slice.subscribe(() => rerender(undefined)), [slice]);
  return slice.value;
}
