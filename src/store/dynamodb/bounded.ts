/**
 * Calls `work` for every item, at most `limit` calls at a time. After the first failure no further call is made.
 * Settles only when every call has; rejects with the first failure.
 */
export async function forEachBounded<T>(
  items: Iterable<T>,
  limit: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  const queue = items[Symbol.iterator]();
  let stopped = false;
  const worker = async () => {
    try {
      for (let next = queue.next(); !stopped && next.done !== true; next = queue.next())
        await work(next.value);
    } finally {
      stopped = true;
    }
  };
  const workers = Array.from({ length: limit }, worker);
  await Promise.allSettled(workers);
  await Promise.all(workers);
}
