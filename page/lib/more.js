import { useLayoutEffect, useRef, useState } from 'preact/hooks';

/**
 * How many children of a list are shown, and a way to more of them. The focus goes to the first that was added: the button
 * that was pressed is behind all of them, or gone.
 *
 * @param {number} first
 * @param {number} step
 * @returns {{ limit: number, place: { current: HTMLElement | null }, more: () => void }} `place`: the list
 */
export function useMore(first, step) {
  const [limit, setLimit] = useState(first);
  const place = useRef(/** @type {HTMLElement | null} */ (null));
  const shownBefore = useRef(/** @type {number | null} */ (null));
  useLayoutEffect(() => {
    const added = place.current?.children[shownBefore.current ?? Infinity];
    shownBefore.current = null;
    if (!(added instanceof HTMLElement)) return;
    added.tabIndex = -1;
    added.focus();
  }, [limit]);
  const more = () => {
    shownBefore.current = place.current?.children.length ?? null;
    setLimit(limit + step);
  };
  return { limit, place, more };
}
