import { randomFillSync } from 'node:crypto';

const PATTERN = /^msg_([0-9a-f]{12})7([0-9a-f]{3})[89ab][0-9a-f]{15}$/;

/** Asking the system for random bytes costs far more than using them, so it is asked for many at a time. */
const random = Buffer.alloc(8 * 512);
let usedRandom = random.length;

function nextRandom(): Buffer {
  if (usedRandom === random.length) {
    randomFillSync(random);
    usedRandom = 0;
  }
  usedRandom += 8;
  return random.subarray(usedRandom - 8, usedRandom);
}

/**
 * A message id: `msg_` and a UUID version 7 without dashes, whose time part is exactly `micros`
 * (RFC 9562 §6.2, method 3: the twelve bits after the milliseconds hold the sub-millisecond fraction).
 * So a message can be found by its id alone, without an index.
 *
 * @param micros the message's timestamp in unix microseconds
 * @param hops how many servers of this kind it passed before, 0 to 7; kept in the last three bits, so that it goes
 *   wherever the id goes
 */
export function newMessageId(micros: number, hops = 0): string {
  const ms = Math.floor(micros / 1000);
  const fraction = Math.ceil(((micros % 1000) * 4096) / 1000);
  const tail = nextRandom();
  tail[0] = (Number(tail[0]) & 0x3f) | 0x80;
  tail[7] = (Number(tail[7]) & 0xf8) | hops;
  return `msg_${ms.toString(16).padStart(12, '0')}7${fraction.toString(16).padStart(3, '0')}${tail.toString('hex')}`;
}

/** The unix microseconds held in a message id, or null when `id` was not made by `newMessageId`. */
export function microsOfMessageId(id: string): number | null {
  const match = PATTERN.exec(id);
  if (!match) return null;
  const micros = Math.floor((parseInt(String(match[2]), 16) * 1000) / 4096);
  return parseInt(String(match[1]), 16) * 1000 + micros;
}

/** How many servers of this kind a message passed before this one; 0 when `id` was not made by `newMessageId`. */
export function hopsOfMessageId(id: string): number {
  return PATTERN.test(id) ? parseInt(id.slice(-1), 16) & 7 : 0;
}
