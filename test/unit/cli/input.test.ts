import { Readable } from 'node:stream';
import { inputOf, jsonLines, jsonText, readAll } from '../../../src/cli/input';
import { CliError, UsageError } from '../../../src/cli/io';
import { messageJson, oneLine } from '../../../src/cli/message-json';
import { printable } from '../../../src/printable';

const cwd = '/nowhere';

async function textsOf(chunks: readonly (string | Buffer)[]): Promise<string[]> {
  const texts: string[] = [];
  const input = Readable.from(chunks.map((chunk) => Buffer.from(chunk)));
  for await (const { text } of jsonLines(input)) texts.push(text);
  return texts;
}

describe('input of the command line', () => {
  it('is standard input, unless nothing is piped in', () => {
    const stdin = Object.assign(Readable.from([]), { isTTY: false });
    expect(inputOf(undefined, { stdin, cwd })).toBe(stdin);
    expect(inputOf('-', { stdin: Object.assign(stdin, { isTTY: true }), cwd })).toBe(stdin);
    expect(() => inputOf(undefined, { stdin, cwd })).toThrow(UsageError);
  });

  it('says which file cannot be read', async () => {
    const input = inputOf('at/all', { stdin: Readable.from([]), cwd });
    await expect(readAll(input)).rejects.toThrow(/cannot be read.*\/nowhere\/at\/all/);
    const lines = jsonLines(inputOf('/nowhere/at/all', { stdin: Readable.from([]), cwd }));
    await expect(lines.next()).rejects.toThrow(CliError);
  });

  it('keeps JSON as it is written', () => {
    expect(jsonText(' {"a": 1.0} ').text).toBe(' {"a": 1.0} ');
  });

  it('says what is not JSON, and how a text is written', () => {
    expect(() => jsonText('hello')).toThrow('a text has quotes of its own: \'"hello"\'');
    expect(() => jsonText('{"a"}')).toThrow(/^The message is not JSON: (?!.*quotes of its own)/);
    expect(() => jsonText(' \n')).toThrow(UsageError);
  });

  it('reads lines however they are cut, and leaves out blank ones', async () => {
    expect(await textsOf(['{"a":', ' 1}\r\n\n  \n"', 'é"\n12'])).toEqual(['{"a": 1}', '"é"', '12']);
  });

  it('refuses what is no UTF-8, and a byte order mark, and changes neither', async () => {
    const latin1 = Buffer.from('"\xe9"', 'latin1');
    await expect(readAll(Readable.from([latin1]))).rejects.toThrow(
      new UsageError('The message is not valid UTF-8, which JSON has to be: convert it, as with iconv'),
    );
    expect(await readAll(Readable.from([Buffer.from('\ufeff"é"')]))).toBe('\ufeff"é"');
    expect(() => jsonText('\ufeff"é"')).toThrow(/^The message begins with a byte order mark/);
    const lines = Buffer.concat([Buffer.from('1\n\n2\n'), latin1, Buffer.from('\n3\n')]);
    await expect(textsOf([lines])).rejects.toThrow(/^Line 4 is not valid UTF-8/);
    await expect(textsOf([lines.subarray(0, -6), latin1.subarray(0, 2)])).rejects.toThrow(UsageError);
    await expect(textsOf(['\ufeff1\n2'])).rejects.toThrow(/^Line 1 begins with a byte order mark/);
    await expect(textsOf(['1\n\ufeff\n'])).rejects.toThrow(/^Line 2 begins with a byte order mark/);
  });

  it('names the line that is not JSON', async () => {
    await expect(textsOf(['1\n\n{"a"\n'])).rejects.toThrow(
      expect.objectContaining({ name: 'UsageError', message: expect.stringMatching(/^Line 3 is not JSON/) }),
    );
  });
});

describe('a message as JSON', () => {
  it('has its data as it was published, on one line when asked', () => {
    const text = '{"n": 12345678901234567890,\n "n": 1.0}';
    const message = { id: 'msg_1', topic: 'orders', timestamp: 't', data: null, text };
    expect(messageJson(message)).toBe(`{"id":"msg_1","topic":"orders","timestamp":"t","data":${text}}`);
    expect(oneLine(messageJson(message))).toBe(
      '{"id":"msg_1","topic":"orders","timestamp":"t","data":{"n": 12345678901234567890,  "n": 1.0}}',
    );
  });

  it('cannot steer a terminal', () => {
    expect(printable('a\u001b[2J\u009b1m\n\tb é')).toBe('a\\u001b[2J\\u009b1m\n\tb é');
  });
});
