/** How numbers, times and addresses are written. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const fine = new Intl.NumberFormat('en', { maximumFractionDigits: 1 });

/** @param {number} value */
export function count(value) {
  return whole.format(value);
}

/** @param {number} value */
export function rate(value) {
  return (value < 10 ? fine : whole).format(value);
}

/**
 * @param {number} value
 * @param {string} one
 * @param {string} [many]
 */
export function counted(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/**
 * Like `counted`, for what there may be more of.
 *
 * @param {number} value
 * @param {string} one
 * @param {boolean} isCut whether there is
 */
export function countedAtLeast(value, one, isCut) {
  return isCut ? `${count(value)}+ ${one}s` : counted(value, one);
}

/** @param {number} ms */
export function milliseconds(ms) {
  if (ms < 1) return '<1 ms';
  return ms < 10_000 ? `${(ms < 10 ? fine : whole).format(ms)} ms` : duration(ms);
}

/**
 * In its largest unit: a look is enough.
 *
 * @param {number} ms
 */
export function duration(ms) {
  if (ms < MINUTE) return `${Math.max(0, Math.round(ms / 1000))} s`;
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) return `${Math.floor(ms / HOUR)} h`;
  return counted(Math.floor(ms / DAY), 'day');
}

/** @param {number} bytes */
export function bytes(bytes) {
  return bytes < 1024 ? counted(bytes, 'byte') : `${fine.format(bytes / 1024)} KiB`;
}

/**
 * The time of day with milliseconds, in the browser's time zone.
 *
 * @param {number} at
 */
export function clockTime(at) {
  const date = new Date(at);
  const two = (/** @type {number} */ part) => String(part).padStart(2, '0');
  const day = `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`;
  return `${day}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

/**
 * A timestamp of the server as unix milliseconds; its last three digits are finer than that.
 *
 * @param {string} timestamp
 */
export function timeOf(timestamp) {
  return Date.parse(timestamp.replace(/(\.\d{3})\d+/, '$1'));
}

/** @param {string} url */
export function withoutScheme(url) {
  return url.replace(/^http:\/\//, '');
}

/** Longer ones do not fit into a row. */
const LONGEST_URL = 240;

/** @param {string} url */
export function isLongUrl(url) {
  return url.length > LONGEST_URL;
}

/**
 * A URL for a name or a sentence: of a long one its beginning and its end, by which it is known.
 *
 * @param {string} url
 */
export function shortUrl(url) {
  return isLongUrl(url) ? `${url.slice(0, 80)} … ${url.slice(-40)}` : url;
}
