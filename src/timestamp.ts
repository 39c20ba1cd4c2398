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

/** By so much the clock may be behind what was given out before anybody is told. */
const MAX_AHEAD_MICROS = 60_000_000;

/** Gives out unix microseconds that strictly increase, also when the clock stands still or steps back. */
export class TimestampSource {
  #last = 0;
  #isToldAhead = false;

  /**
   * @param onAhead told, with the milliseconds, when timestamps are more than a minute ahead of the clock, as after it was
   *   set back; once, until the clock has caught up
   */
  constructor(
    private readonly clock: Clock,
    private readonly onAhead?: (ms: number) => void,
  ) {}

  /** From now on no timestamp at or below `micros` is given out. */
  startAbove(micros: number): void {
    this.#last = Math.max(this.#last, micros);
  }

  /** The next timestamp, in unix microseconds. */
  next(): number {
    const now = this.clock.now() * 1000;
    if (now > this.#last) {
      this.#last = now;
      this.#isToldAhead = false;
    } else {
      this.#last += 1;
      if (this.#last - now > MAX_AHEAD_MICROS) this.#tellAhead(now);
    }
    return this.#last;
  }

  #tellAhead(now: number): void {
    if (this.#isToldAhead) return;
    this.#isToldAhead = true;
    this.onAhead?.(Math.round((this.#last - now) / 1000));
  }
}
