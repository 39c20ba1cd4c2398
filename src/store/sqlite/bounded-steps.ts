import type { Deletion } from './deletion';

/** At most this many rows are changed, read or looked up in one operation, so that none keeps the others waiting. */
export const CHUNK = 500;

/** Behind every position, and after every expiry. */
export const NEVER = Number.MAX_SAFE_INTEGER;

/** Calls `step` with what is left of `limit`, at most CHUNK at a time, until it is done. Returns how many were deleted. */
export async function deleteInSteps(
  limit: number,
  step: (limit: number) => Promise<Deletion>,
): Promise<number> {
  let total = 0;
  while (total < limit) {
    const [deleted, isDone] = await step(Math.min(limit - total, CHUNK));
    total += deleted;
    if (isDone) break;
  }
  return total;
}

export function inChunks<Item>(items: readonly Item[]): Item[][] {
  if (items.length <= CHUNK) return items.length === 0 ? [] : [[...items]];
  const count = Math.ceil(items.length / CHUNK);
  return Array.from({ length: count }, (_, n) => items.slice(n * CHUNK, (n + 1) * CHUNK));
}

/** What the database can hold: "never" and fractions of a millisecond are for it whole numbers like all others. */
export function wholeMs(ms: number): number {
  return Math.min(Math.ceil(ms), NEVER);
}

/** Reads all there is, at most CHUNK at a time; `read` answers what comes behind an item, at first behind none. */
export async function readInSteps<Item>(
  read: (after: Item | undefined, limit: number) => Promise<readonly Item[]>,
): Promise<readonly Item[]> {
  const items: Item[] = [];
  for (;;) {
    const page = await read(items.at(-1), CHUNK);
    for (const item of page) items.push(item);
    if (page.length < CHUNK) return items;
  }
}
