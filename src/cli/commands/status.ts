import type { Command } from 'commander';
import type { Subscriber } from '../../client';
import { clientOf, type Context, examples, type ServerOptions, serverCommand } from '../context';
import { printable } from '../../printable';
import { printLine, type Styler, styler } from '../io';

export function statusCommand({ io }: Context): Command {
  return serverCommand('status')
    .description('Show one subscriber: its state, its backlog, its last error, its settings.')
    .argument('<subscriber>', 'its URL')
    .addHelpText('after', examples('status http://localhost:3000/hook', 'status http://localhost/me --json'))
    .action(async (url: string, options: ServerOptions) => {
      const subscriber = await clientOf(options, io).subscriber(url);
      if (options.json) await printLine(io.stdout, JSON.stringify(subscriber));
      else for (const line of linesOf(subscriber, styler(io))) await printLine(io.stdout, line);
    });
}

function linesOf(subscriber: Subscriber, style: Styler): string[] {
  const { url, state, topics, pending, oldestPending, inFlight } = subscriber;
  const { lastError, failingSince, nextAttemptAt, disabled, settings } = subscriber;
  const rows: readonly (readonly [string, string | null])[] = [
    ['state', style(state === 'live' || state === 'poll' ? 'green' : 'yellow', printable(state))],
    ['topics', topics.length === 0 ? 'none' : printable(topics.join(', '))],
    ['waiting', oldestPending ? `${pending}, since ${oldestPending.timestamp}` : String(pending)],
    ['in flight', String(inFlight)],
    [
      'last error',
      lastError &&
        printable([lastError.outcome, lastError.status, `at ${lastError.at}`].filter(Boolean).join(' ')),
    ],
    ['failing since', failingSince],
    ['next attempt', nextAttemptAt],
    ['disabled', disabled && printable(`${disabled.reason}, at ${disabled.at}`)],
    ['settings', printable(JSON.stringify(settings))],
  ];
  const shown = rows.flatMap(([name, value]) => (value === null ? [] : [`  ${name.padEnd(14)}${value}`]));
  return [style('bold', printable(url)), ...shown];
}
