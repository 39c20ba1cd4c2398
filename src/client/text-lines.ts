/** The lines of a stream of UTF-8, each as soon as it is whole, without what ends it (`\n` or `\r\n`). */
export async function* textLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  for await (const line of byteLines(stream)) yield decoder.decode(line);
}

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The same as bytes, for whoever has to know whether they are UTF-8. */
export async function* byteLines(stream: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  // A long line comes in many chunks: to search it anew with each would take quadratic time.
  let begun: Uint8Array[] = [];
  for await (const chunk of stream) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end !== -1; end = chunk.indexOf(LINE_FEED, start)) {
      const line = joined([...begun, chunk.subarray(start, end)]);
      yield line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
      begun = [];
      start = end + 1;
    }
    if (start < chunk.length) begun.push(chunk.subarray(start));
  }
  if (begun.length > 0) yield joined(begun);
}

function joined(parts: readonly Uint8Array[]): Uint8Array {
  const [first = new Uint8Array()] = parts;
  if (parts.length === 1) return first;
  const whole = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
