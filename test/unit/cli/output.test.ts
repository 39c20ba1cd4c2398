import { PassThrough, Readable, Writable } from 'node:stream';
import { CliError, type Io, OutputClosed, printLine } from '../../../src/cli/io';
import { publishLines } from '../../../src/cli/publish-lines';
import { run } from '../../../src/cli/run';
import { HeraldClient } from '../../../src/client';

/** An output that takes `lines` writes, and fails with this code from then on. */
function failingOutput(code: string, lines = 0): Writable {
  let left = lines;
  const output = new Writable({
    write(_chunk, _encoding, done) {
      left -= 1;
      done(left < 0 ? Object.assign(new Error(`${code}: it failed`), { code }) : null);
    },
  });
  // As main.ts does it.
  return output.on('error', () => undefined);
}

function ioWith(stdout: Writable): { readonly io: Io; readonly notes: () => string } {
  const stderr = new PassThrough();
  const io: Io = {
    stdin: new PassThrough(),
    stdout,
    stderr,
    env: {},
    cwd: '/nowhere',
    interrupted: () => new AbortController().signal,
  };
  return { io, notes: () => String((stderr.read() as Buffer | null) ?? '') };
}

describe('output that cannot be written', () => {
  it('is closed when nobody reads it, and a failure otherwise', async () => {
    const closed = failingOutput('EPIPE');
    await expect(printLine(closed, 'a')).rejects.toThrow(OutputClosed);
    await expect(printLine(closed, 'b')).rejects.toThrow(OutputClosed);
    await expect(printLine(failingOutput('ENOSPC'), 'a')).rejects.toMatchObject({
      name: 'CliError',
      message: 'The output cannot be written: ENOSPC: it failed',
    });
  });

  it.each([
    ['EPIPE', 0, ''],
    ['ENOSPC', 1, 'The output cannot be written: ENOSPC: it failed\n'],
  ])('by %s ends a help text with %d', async (code, exitCode, said) => {
    const { io, notes } = ioWith(failingOutput(code));
    expect(await run(['publish', '--help'], io)).toBe(exitCode);
    expect(notes()).toBe(said);
  });
});

describe('publishing lines', () => {
  let published = 0;

  beforeEach(() => {
    published = 0;
  });

  /** Of a server that nobody is subscribed to, and that is gone after some requests. */
  function clientFor(requests = Infinity): HeraldClient {
    let left = requests;
    const fetch = (_url: unknown, { body }: RequestInit = {}) => {
      left -= 1;
      if (left < 0) return Promise.reject(new TypeError('fetch failed'));
      const lines = typeof body === 'string' ? body.split('\n') : [];
      published += lines.length;
      const answer = JSON.stringify({ status: 202, message: 'm' });
      return Promise.resolve(new Response(`${lines.map(() => answer).join('\n')}\n`));
    };
    return new HeraldClient({ fetch });
  }

  function publish(io: Io, lines: number, { json = true, client = clientFor() } = {}) {
    const input = Readable.from([Buffer.from('1\n'.repeat(lines))]);
    return publishLines({ io, client, topic: 'orders', input, how: {}, json });
  }

  it.each([true, false])('goes on when nobody reads what became of them (--json: %s)', async (json) => {
    const { io, notes } = ioWith(failingOutput('EPIPE', 1));
    expect(await publish(io, 2500, { json })).toMatchObject({ stored: 2500 });
    expect({ published, notes: notes() }).toEqual({ published: 2500, notes: '' });
  });

  it('stops when the output cannot be written, and says how many are published', async () => {
    const { io, notes } = ioWith(failingOutput('ENOSPC', 3));
    await expect(publish(io, 5000)).rejects.toThrow('The output cannot be written: ENOSPC: it failed');
    expect(published).toBeLessThan(2000);
    expect(notes()).toBe(`${published} messages: 0 received by all, ${published} not received by some\n`);
  });

  it.each(['EPIPE', 'ENOSPC'])('says why it broke off, also when %s keeps the summary back', async (code) => {
    const { io } = ioWith(failingOutput(code));
    const broken = publish(io, 2500, { json: false, client: clientFor(1) });
    await expect(broken).rejects.toThrow(/^Herald cannot be reached/);
  });

  it('says the summary elsewhere when only that cannot be written', async () => {
    const { io, notes } = ioWith(failingOutput('ENOSPC'));
    await expect(publish(io, 2, { json: false })).rejects.toThrow(CliError);
    expect(notes()).toBe('2 messages: 0 received by all, 2 not received by some\n');
  });
});
