import { hostname } from 'node:os';
import type { Command } from 'commander';
import { generateSecret } from '../../delivery/signature';
import { programVersion } from '../../version';
import {
  clientOf,
  type Context,
  examples,
  type ServerOptions,
  serverCommand,
  untilInterrupted,
} from '../context';
import { type Io, note, noteRetry, printLine, styler, UsageError } from '../io';
import { Forwarder } from '../listen/forwarder';
import { secretIn, secretOption } from '../secret';
import { hasCredentials, parseUrl } from '../../parse-url';
import { printable } from '../../printable';

interface ListenOptions extends ServerOptions {
  readonly forward: string;
  readonly name: string;
  readonly secret?: string;
}

const HELP = `
The messages are fetched by long-polling, so that the target needs no public address. For that, this subscribes a URL
that is never connected to, with the delivery "poll": http://listen.invalid/<topic>/<name>. Everyone who listens needs
a name of his own, since all who use one share its messages. The subscription stays when this ends, and what is
published meanwhile comes at the next start; "herald unsubscribe" ends it.

A message is acked once the target answered 2xx. Until then it is sent again, after 0.5, 1, 2, ... up to 30 seconds or
what Retry-After says, and those behind it wait: the target receives them in their order, each at least once.

With AUTH=jwt the token needs the scopes subscribe:<topic> and poll:http://listen.invalid/<topic>/<name>.
${examples(
  'listen orders --forward http://localhost:3000/hook',
  'listen orders --forward http://localhost:3000/hook --name alice --secret whsec_...',
  'unsubscribe orders http://listen.invalid/orders/alice',
)}`;

export function listenCommand({ io }: Context): Command {
  return serverCommand('listen')
    .description(
      'Receive the messages of a topic without a public address, and POST them to a server near you.',
    )
    .argument('<topic>')
    .requiredOption('--forward <target>', 'the URL that messages are POSTed to', httpUrl)
    .option('--name <name>', "who listens: a name, or a subscriber's whole URL", hostname())
    .option(
      '--secret <secret>',
      'whsec_..., what is forwarded is signed with (HERALD_SECRET; a new one)',
      secretOption,
    )
    .addHelpText('after', HELP)
    .action((topic: string, options: ListenOptions) => untilInterrupted(() => listen(io, topic, options)));
}

async function listen(io: Io, wanted: string, options: ListenOptions): Promise<void> {
  const client = clientOf(options, io);
  const signal = io.interrupted();
  const given = options.secret ?? secretIn(io.env);
  const secret = given ?? generateSecret();
  const own = listenerUrl(wanted, options.name);
  const { topic, url } = await client.subscribe(wanted, own, { delivery: 'poll' }, { signal });
  note(io, printable(`Forwarding ${topic} to ${options.forward} as ${url}; Ctrl-C ends it`));
  // Whoever gave it knows it; what is printed may be kept, as by a job's log.
  note(io, `What is forwarded is signed with ${given === undefined ? secret : 'the secret that was given'}`);

  const onRetry = (error: Error) => noteRetry(io, error);
  const style = styler(io);
  const forwarder = new Forwarder({
    target: options.forward,
    secret,
    userAgent: `Herald/${programVersion()}`,
    signal,
    onRetry,
    onFailed: ({ id }, fault, delayMs) =>
      note(io, `${printable(id)}  ${style('yellow', printable(fault))}; again in ${delayMs / 1000} s`),
    onForwarded: async ({ id, timestamp }, { status, durationMs, attempts }) => {
      const tries = attempts > 1 ? `, ${attempts} attempts` : '';
      const human = `${style('dim', printable(timestamp))}  ${printable(id)}  ${style('green', String(status))} in ${durationMs} ms${tries}`;
      const json = { id, topic, timestamp, status, durationMs, attempts };
      await printLine(io.stdout, options.json ? JSON.stringify(json) : human);
    },
  });
  for await (const message of client.poll(url, { signal, onRetry })) await forwarder.forward(message);
}

/** The subscriber that a listener is; a whole URL stays. */
export function listenerUrl(topic: string, name: string): string {
  if (/^https?:\/\//i.test(name)) return name;
  return `http://listen.invalid/${encodeURIComponent(topic.trim())}/${encodeURIComponent(name)}`;
}

/** Not commander's own error, which would show what was given: a password may be in it. */
function httpUrl(text: string): string {
  const url = /^https?:\/\/./i.test(text) ? parseUrl(text) : null;
  if (!url) throw new UsageError('--forward must be an http or https URL');
  if (!hasCredentials(url)) return text;
  throw new UsageError('--forward must have no user name and no password: nothing would send them on');
}
