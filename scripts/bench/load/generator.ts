import { Pool } from 'undici';
import { answerCommands } from '../answer-commands';
import { post } from '../post';
import { sharedMicros } from '../statistics';

export interface Target {
  readonly origin: string;
  /** Used in turn. */
  readonly paths: readonly string[];
  readonly bytes: number;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ClosedLoop extends Target {
  /** How many publishers send, each its next message when the one before is answered. */
  readonly connections: number;
  readonly seconds: number;
  /** Ends earlier when so many were sent. */
  readonly atMost?: number;
}

export interface OpenLoop extends Target {
  /** Messages a second, sent on a fixed schedule whether earlier ones are answered or not. */
  readonly rate: number;
  readonly seconds: number;
}

/** What came of a run. */
export interface LoadResult {
  /** Answered 2xx. */
  readonly answered: number;
  /** Anything else, errors included. */
  readonly failed: number;
  /** From the first request to the last answer. */
  readonly seconds: number;
}

export interface GeneratorCommands {
  closedLoop(options: ClosedLoop): Promise<LoadResult>;
  openLoop(options: OpenLoop): Promise<LoadResult>;
}

const OPEN_LOOP_CONNECTIONS = 128;
/** An open loop gives up here: the server is not keeping up, and the rest would only fill memory. */
const MAX_UNANSWERED = 20_000;

/** A JSON text of exactly `bytes` bytes that tells when it was to be sent. */
function messageOf(bytes: number, dueMicros: number): string {
  const head = `{"due":${dueMicros},"text":"`;
  return `${head}${'x'.repeat(Math.max(0, bytes - head.length - 2))}"}`;
}

/** Counts answers for one run. */
class Run {
  answered = 0;
  failed = 0;
  sent = 0;
  readonly #startedAt = performance.now();
  readonly #pool: Pool;

  constructor(
    private readonly target: Target,
    connections: number,
  ) {
    this.#pool = new Pool(target.origin, { connections, pipelining: 1 });
  }

  get elapsedSeconds(): number {
    return (performance.now() - this.#startedAt) / 1000;
  }

  async send(body: string | Buffer): Promise<void> {
    const { paths, headers } = this.target;
    const path = paths[this.sent++ % paths.length] ?? '/';
    try {
      const status = await post(this.#pool, {
        path,
        headers: { 'content-type': 'application/json', ...headers },
        body,
      });
      if (status >= 200 && status < 300) this.answered++;
      else this.failed++;
    } catch {
      this.failed++;
    }
  }

  async finish(): Promise<LoadResult> {
    const { answered, failed, elapsedSeconds: seconds } = this;
    await this.#pool.destroy();
    return { answered, failed, seconds };
  }
}

async function closedLoop(options: ClosedLoop): Promise<LoadResult> {
  const { connections, seconds, atMost = Infinity, bytes } = options;
  const body = Buffer.from(messageOf(bytes, 0));
  const run = new Run(options, connections);
  const publisher = async () => {
    while (run.sent < atMost && run.elapsedSeconds < seconds) await run.send(body);
  };
  await Promise.all(Array.from({ length: connections }, publisher));
  return run.finish();
}

/** A late message tells when it should have been sent, so that being late counts. */
async function openLoop(options: OpenLoop): Promise<LoadResult> {
  const { rate, seconds, bytes } = options;
  const run = new Run(options, OPEN_LOOP_CONNECTIONS);
  const unanswered = new Set<Promise<void>>();
  const startedAt = sharedMicros();
  const total = Math.round(rate * seconds);
  while (run.sent < total) {
    const due = startedAt + Math.round((run.sent * 1e6) / rate);
    if (due > sharedMicros()) {
      await new Promise((resolve) => setTimeout(resolve, 1));
      continue;
    }
    if (unanswered.size > MAX_UNANSWERED)
      throw new Error(`The server does not keep up with ${rate} a second`);
    const sending = run.send(messageOf(bytes, due)).then(() => void unanswered.delete(sending));
    unanswered.add(sending);
  }
  await Promise.all(unanswered);
  return run.finish();
}

answerCommands<GeneratorCommands>({ closedLoop, openLoop });
