import { counted } from './counted';
import type { Readable } from 'node:stream';
import type { BatchAnswer, HeraldClient, JsonText, PublishOptions } from '../client';
import { jsonLines } from './input';
import { CliError, type Io, note, OutputClosed, printLine, UsageError } from './io';
import { printable } from '../printable';

/** How many messages came to what. */
export interface Counts {
  received: number;
  /** For some subscribers: they did not receive it. */
  stored: number;
  /** For somebody it is lost, unless it is published again. */
  notStored: number;
  /** Not published at all. */
  refused: number;
}

export interface LinesToPublish {
  readonly io: Io;
  readonly client: HeraldClient;
  readonly topic: string;
  /** Newline-delimited JSON. */
  readonly input: Readable;
  readonly how: PublishOptions;
  /** Prints every answer as it came. */
  readonly json: boolean | undefined;
}

/** How often the progress is written anew, at most. */
const PROGRESS_MS = 100;

/**
 * Publishes each line of an input, and prints what became of them: the summary also when it breaks off. It goes on when
 * nobody reads that any more.
 *
 * @throws UsageError at a line that is not JSON before anything was sent, CliError at a later one or when the output cannot be
 * written, HeraldRequestError, Interruption
 */
export async function publishLines({ io, client, topic, input, how, json }: LinesToPublish): Promise<Counts> {
  const counts: Counts = { received: 0, stored: 0, notStored: 0, refused: 0 };
  const showProgress = json ? () => undefined : progressOn(io);
  const output = new Output(io);
  let number = 0;
  try {
    const lines = takenWhile(jsonLines(input, how.signal), () => output.fault === null);
    for await (const answer of client.publishMany(topic, lines, how)) {
      number += 1;
      counts[kindOf(answer)] += 1;
      if (json) await output.line(JSON.stringify(answer));
      else if (answer.status >= 400) note(io, printable(`Message ${number}: ${answer.message}`));
      showProgress(`${number} published`);
    }
  } catch (error) {
    // Whoever corrects the line and simply repeats the call would publish those before it twice.
    if (error instanceof UsageError && number > 0) throw new CliError(error.message, { cause: error });
    throw error;
  } finally {
    showProgress('');
    if (!json) await output.line(summaryOf(number, counts));
    if (output.fault) note(io, summaryOf(number, counts));
  }
  if (output.fault) throw output.fault;
  return counts;
}

/** Prints as long as that is possible, and keeps why it is not any more: the messages are published in any case. */
class Output {
  /** Null also when nobody reads it any more, which is no failure. */
  fault: Error | null = null;
  #isOver = false;

  constructor(private readonly io: Pick<Io, 'stdout'>) {}

  async line(text: string): Promise<void> {
    if (this.#isOver) return;
    try {
      await printLine(this.io.stdout, text);
    } catch (error) {
      this.#isOver = true;
      if (!(error instanceof OutputClosed)) this.fault = error as Error;
    }
  }
}

async function* takenWhile(
  lines: AsyncIterable<JsonText>,
  isGoingOn: () => boolean,
): AsyncGenerator<JsonText> {
  for await (const line of lines) {
    yield line;
    if (!isGoingOn()) return;
  }
}

function kindOf(answer: BatchAnswer): keyof Counts {
  if (answer.status === 200) return 'received';
  if (answer.status === 202) return 'stored';
  return 'code' in answer && answer.code === 'store_unavailable' ? 'notStored' : 'refused';
}

function summaryOf(total: number, { received, stored, notStored, refused }: Counts): string {
  const parts = [
    `${received} received by all`,
    `${stored} not received by some`,
    ...(notStored > 0 ? [`${notStored} not stored, publish them again`] : []),
    ...(refused > 0 ? [`${refused} refused`] : []),
  ];
  return `${counted(total, 'message')}: ${parts.join(', ')}`;
}

/** A line on a terminal that is written over; elsewhere nothing. */
function progressOn({ stderr }: Io): (text: string) => void {
  if (!stderr.isTTY) return () => undefined;
  let shownAt = 0;
  return (text) => {
    const now = performance.now();
    if (text !== '' && now - shownAt < PROGRESS_MS) return;
    shownAt = now;
    stderr.write(`\r\x1b[K${text}`);
  };
}
