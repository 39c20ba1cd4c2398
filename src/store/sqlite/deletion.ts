/** How long one deletion may keep the others waiting, in milliseconds. */
const TIME_LIMIT_MS = 8;

/** How many rows one call deleted, and whether it stopped for lack of rows rather than of time or limit. */
export type Deletion = readonly [deleted: number, isDone: boolean];

/**
 * Deletes row by row, until there are none left or the time is up; at least one.
 *
 * @param rows at most `limit`
 */
export function deleteEach<Row>(
  rows: readonly Row[],
  limit: number,
  deleteOne: (row: Row) => void,
): Deletion {
  const deadline = performance.now() + TIME_LIMIT_MS;
  let deleted = 0;
  for (const row of rows) {
    deleteOne(row);
    deleted += 1;
    if (performance.now() > deadline) break;
  }
  return [deleted, deleted === rows.length && deleted < limit];
}
