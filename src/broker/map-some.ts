/** Like `map` for a task that takes its time: `atOnce` at a time, the results in order. */
export async function mapSome<In, Out>(
  items: readonly In[],
  atOnce: number,
  task: (item: In) => Promise<Out>,
): Promise<Out[]> {
  const results: Out[] = [];
  for (let start = 0; start < items.length; start += atOnce) {
    results.push(...(await Promise.all(items.slice(start, start + atOnce).map(task))));
  }
  return results;
}
