import { useEffect, useState } from 'preact/hooks';
import { duration, timeOf } from '../lib/format.js';
import { now } from '../lib/live.js';
import { html } from './html.js';

/** Renders the component again each second. */
export function useSeconds() {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((tick) => tick + 1), 1000);
    return () => clearInterval(timer);
  }, []);
  return now();
}

/**
 * How long ago something was.
 *
 * @param {{ since: string }} props
 */
export function Age({ since }) {
  const age = useSeconds() - timeOf(since);
  return html`<time datetime=${since} title=${since}>${duration(age)}</time>`;
}

/**
 * How long it is until something happens.
 *
 * @param {{ until: string }} props
 */
export function Countdown({ until }) {
  const left = timeOf(until) - useSeconds();
  return html`<time datetime=${until} title=${until}
    >${left <= 0 ? 'now' : `in ${duration(Math.max(1000, left))}`}</time
  >`;
}
