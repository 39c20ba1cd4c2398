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

/**
 * A part of what the page shows. However often it changes, those who show it are told once per frame; and not at all
 * while the page is hidden.
 *
 * @template T
 */
export class Slice {
  /** @type {Set<() => void>} */
  #listeners = new Set();

  /** @param {T} value */
  constructor(value) {
    this.value = value;
  }

  /** @param {T} value */
  set(value) {
    this.value = value;
    this.touch();
  }

  /** Says that the value was changed in place. */
  touch() {
    changed.add(this);
    if (isScheduled) return;
    isScheduled = true;
    requestAnimationFrame(flush);
  }

  tell() {
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
