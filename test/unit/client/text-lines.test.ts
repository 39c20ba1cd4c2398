import { byteLines, textLines } from '../../../src/client/text-lines';

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Uint8Array> {
  for (const chunk of chunks) yield await Promise.resolve(chunk);
}

async function linesOf(chunks: readonly (string | Buffer)[]): Promise<string[]> {
  const lines: string[] = [];
  const stream = streamOf(chunks.map((chunk) => Buffer.from(chunk)));
  for await (const line of textLines(stream)) lines.push(line);
  return lines;
}

describe('lines of text', () => {
  it('are whole, however they are cut', async () => {
    const bytes = Buffer.from('a\r\n\né😀\n\r\nend');
    const single = [...bytes].map((byte) => Buffer.from([byte]));
    for (const chunks of [[bytes], single])
      expect(await linesOf(chunks)).toEqual(['a', '', 'é😀', '', 'end']);
    expect(await linesOf([])).toEqual([]);
    expect(await linesOf(['a\n', ''])).toEqual(['a']);
  });

  it('are replaced where they are no UTF-8, unless they are read as bytes', async () => {
    const latin1 = Buffer.from('"\xe9"\r\n1', 'latin1');
    expect(await linesOf([latin1])).toEqual(['"\ufffd"', '1']);
    const lines: string[] = [];
    for await (const line of byteLines(streamOf([latin1]))) lines.push(Buffer.from(line).toString('latin1'));
    expect(lines).toEqual(['"\xe9"', '1']);
  });

  it('take linear time when they are long', async () => {
    const chunks = Array.from({ length: 16_384 }, () => Buffer.alloc(1024, 'a'));
    const startedAt = performance.now();
    const [line] = await linesOf(chunks);
    // Searched anew with each chunk, this would read 128 GiB.
    expect(performance.now() - startedAt).toBeLessThan(10_000);
    expect(line).toHaveLength(16_777_216);
  });
});
