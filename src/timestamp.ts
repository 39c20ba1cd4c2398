import type { Clock } from './clock';

const PATTERN = /^(\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.)(\d{3})(\d{3})\+00:00$/;

let lastSecond = 0;
let lastPrefix = prefixOf(lastSecond);

/** Unix microseconds as UTC ISO 8601 with six fraction digits: `2026-08-04T12:00:00.123456+00:00`. */
export function formatTimestamp(micros: number): string {
  const second = Math.floor(micros / 1_000_000);
  // Most timestamps fall into the second of the one before, and the calendar costs most of it.
  if (second !== lastSecond) {
    lastPrefix = prefixOf(second);
    lastSecond = second;
  }
  return `${lastPrefix}${String(micros - second * 1_000_000).padStart(6, '0')}+00:00`;
}

/** The text up to the fraction's digits. */
function prefixOf(second: number): string {
  return new Date(second * 1000).toISOString().slice(0, -'000Z'.length);
}

/** Unix milliseconds in the same form. */
export function formatTime(ms: number): string {
  return formatTimestamp(ms * 1000);
}

/** The inverse of `formatTimestamp`: unix microseconds, or null when `text` is not in exactly that form. */
export function parseTimestamp(text: string): number | null {
  const match = PATTERN.exec(text);
  if (!match) return null;
  const ms = Date.parse(`${String(match[1])}${String(match[2])}Z`);
  if (Number.isNaN(ms)) return null;
  const micros = ms * 1000 + Number(match[3]);
  // Date.parse rolls some impossible dates over; only what prints back the same is a timestamp.
  return formatTimestamp(micros) === text ? micros : null;
}

/** The timestamp a microsecond earlier. @param timestamp as `formatTimestamp` writes it */
export function oneBefore(timestamp: string): string {
  return formatTimestamp((parseTimestamp(timestamp) ?? 1) - 1);
}

/** Gives out unix microseconds that strictly increase, also when the clock stands still or steps back. */
export class TimestampSource {
  #last = 0;

  constructor(private readonly clock: Clock) {}

  /** From now on no timestamp at or below `micros` is given out. */
  startAbove(micros: number): void {
    this.#last = Math.max(this.#last, micros);
  }

  /** The next timestamp, in unix microseconds. */
  next(): number {
    this.#last = Math.max(this.clock.now() * 1000, this.#last + 1);
    return this.#last;
  }
}
