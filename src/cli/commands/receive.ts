import { once } from 'node:events';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Context, examples, untilInterrupted, wholeNumber } from '../context';
import { type Io, note, printLine, type Styler, styler } from '../io';
import { oneLine } from '../message-json';
import { printable } from '../../printable';
import { ScriptedReceiver, type Seen } from '../receive/receiver';
import { Script, ScriptError } from '../receive/script';
import { secretIn, secretOption } from '../secret';

interface ReceiveOptions {
  readonly host: string;
  readonly port: number;
  readonly script: Script;
  readonly secret?: string;
  readonly json?: boolean;
}

const HELP = `
Steps, separated by commas; each is for one push, and the last goes on for ever:
  503            answers this status, from 200 to 599
  ok             answers 200
  slow           answers 200 after 2 seconds; slow=3000: after so many milliseconds
  reset          breaks the connection
  hang           never answers
  redirect       answers 302
  big            answers 200 and 10 MiB
  ... xN         does it N times: 503x3 or 503 x3
  ... retry-after=N   adds this header to an answer

When it is asked for its consent (OPTIONS) it gives it. With a secret, a push that is not signed with it is answered
401, and takes no step.
${examples(
  'receive',
  'receive --port 3000 --script "503x3, 429 retry-after=5, slow, reset, ok"',
  'subscribe orders http://localhost:3000/hook',
)}`;

export function receiveCommand({ io }: Context): Command {
  return new Command('receive')
    .description('Be a subscriber that misbehaves on purpose, step by step, and print what comes.')
    .option('--port <port>', 'where it listens; 0: any free port', wholeNumber(0, 65_535), 3000)
    .option('--host <host>', 'the address that it listens on', '127.0.0.1')
    .addOption(
      new Option('--script <steps>', 'what it does with one push after the other')
        .argParser(scriptOf)
        .default(Script.parse('ok'), 'ok'),
    )
    .option('--secret <secret>', 'whsec_..., verifies what comes (HERALD_SECRET)', secretOption)
    .option('--json', 'print JSON, one value per line')
    .addHelpText('after', HELP)
    .action((options: ReceiveOptions) => untilInterrupted(() => receive(io, options)));
}

async function receive(io: Io, options: ReceiveOptions): Promise<void> {
  const { json } = options;
  const secret = options.secret ?? secretIn(io.env);
  const style = styler(io);
  const onSeen = (seen: Seen) => printLine(io.stdout, json ? jsonOf(seen) : lineOf(seen, style));
  const receiver = new ScriptedReceiver({ ...options, secret, onSeen });
  const url = await receiver.start();
  const signal = io.interrupted();
  note(io, `Receiving on ${url}; Ctrl-C ends it`);
  try {
    if (!signal.aborted) await Promise.race([once(signal, 'abort'), receiver.failed]);
  } finally {
    await receiver.stop();
  }
}

function lineOf(
  { at, method, path, message, body, attempt, signature, answer }: Seen,
  style: Styler,
): string {
  const isGood = answer.startsWith('2') || answer.startsWith('slow');
  const parts = [
    style('dim', at.toISOString().slice(11, 23)),
    `${method} ${path}`,
    ...(message ? [printable(message.id), style('bold', printable(message.topic))] : []),
    ...(attempt !== null && attempt > 1 ? [`attempt ${attempt}`] : []),
    ...(signature === null ? [] : [signature === 'valid' ? 'signature valid' : style('red', signature)]),
    `→ ${style(isGood ? 'green' : 'yellow', answer)}`,
    printable(oneLine(message?.text ?? body)),
  ];
  return parts.filter((part) => part !== '').join('  ');
}

function jsonOf({ message, body, ...seen }: Seen): string {
  const { id, topic, timestamp } = message ?? {};
  const head = JSON.stringify({ ...seen, id, topic, timestamp, ...(message ? {} : { body }) }).slice(0, -1);
  return message ? `${head},"data":${oneLine(message.text)}}` : `${head}}`;
}

function scriptOf(text: string): Script {
  try {
    return Script.parse(text);
  } catch (error) {
    if (error instanceof ScriptError) throw new InvalidArgumentError(error.message);
    throw error;
  }
}
