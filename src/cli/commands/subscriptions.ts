import { type Command, InvalidArgumentError, Option } from 'commander';
import type { SettingsChange, SubscriberSettings } from '../../client';
import { clientOf, type Context, examples, type ServerOptions, serverCommand, wholeNumber } from '../context';
import { printable } from '../../printable';
import { printLine } from '../io';

interface SubscribeOptions extends ServerOptions {
  readonly delivery?: SubscriberSettings['delivery'];
  readonly redelivery?: boolean;
  readonly maxInFlight?: number;
  readonly maxPerSecond?: number | 'none';
  readonly maxMessages?: number;
  readonly maxAge?: number;
  readonly overflow?: SubscriberSettings['backlog']['overflow'];
  readonly paused?: boolean;
}

export function subscribeCommand({ io }: Context): Command {
  return serverCommand('subscribe')
    .description('Subscribe a URL to a topic. Subscribing again changes the settings that are given.')
    .argument('<topic>')
    .argument('<subscriber>', 'an http or https URL')
    .addOption(new Option('--delivery <how>', 'poll: never pushed, only stored').choices(['push', 'poll']))
    .option('--redelivery', 'push again what a push missed')
    .option('--no-redelivery', 'push each message once; what that missed is only polled')
    .option('--max-in-flight <n>', 'pushes under way at once', wholeNumber(1, 1024))
    .option('--max-per-second <n>', 'pushes per second; none: as many as come', rate)
    .option('--max-messages <n>', 'messages that wait at most', wholeNumber(1, 100_000_000))
    .option('--max-age <seconds>', 'how long a message waits', wholeNumber(1, 315_360_000))
    .addOption(
      new Option('--overflow <what>', 'what goes when too many wait').choices(['drop_oldest', 'drop_newest']),
    )
    .option('--paused', 'push nothing for now')
    .option('--no-paused', 'push again')
    .addHelpText(
      'after',
      examples(
        'subscribe orders http://localhost:3000/hook',
        'subscribe orders https://shop.example/hook --max-in-flight 1 --max-per-second 10',
        'subscribe orders http://localhost/me --delivery poll',
      ),
    )
    .action(async (topic: string, subscriber: string, options: SubscribeOptions) => {
      const answer = await clientOf(options, io).subscribe(topic, subscriber, settingsOf(options));
      if (options.json) {
        await printLine(io.stdout, JSON.stringify(answer));
        return;
      }
      await printLine(io.stdout, printable(`${answer.message}: ${answer.url}`));
      if (answer.secret === undefined || answer.token === undefined) return;
      await printLine(io.stdout, 'Shown now and never again:');
      await printLine(io.stdout, printable(`  secret  ${answer.secret}  verifies what is pushed`));
      const token = `  token   ${answer.token}  lets the subscriber poll, and manage itself`;
      await printLine(io.stdout, printable(token));
    });
}

export function unsubscribeCommand({ io }: Context): Command {
  return serverCommand('unsubscribe')
    .description('End a subscription. What waits for the subscriber stays, to be polled.')
    .argument('<topic>')
    .argument('<subscriber>', 'its URL')
    .addHelpText('after', examples('unsubscribe orders http://localhost:3000/hook'))
    .action(async (topic: string, subscriber: string, options: ServerOptions) => {
      await clientOf(options, io).unsubscribe(topic, subscriber);
      const answer = options.json
        ? JSON.stringify({ topic, url: subscriber })
        : `Unsubscribed from ${topic}: ${subscriber}`;
      await printLine(io.stdout, answer);
    });
}

export function subscribersCommand({ io }: Context): Command {
  return serverCommand('subscribers')
    .description('List who is subscribed to a topic.')
    .argument('<topic>')
    .addHelpText('after', examples('subscribers orders', "subscribers orders --json | jq -r '.[]'"))
    .action(async (topic: string, options: ServerOptions) => {
      const urls = await clientOf(options, io).subscribers(topic);
      await printLine(io.stdout, options.json ? JSON.stringify(urls) : printable(urls.join('\n')));
    });
}

/** Only what was asked for is set; the rest of a known subscriber's settings stays. */
function settingsOf(options: SubscribeOptions): SettingsChange {
  const { delivery, redelivery, maxInFlight, maxPerSecond, paused } = options;
  const { maxMessages, maxAge: maxAgeSeconds, overflow } = options;
  const backlog = withoutUndefined({ maxMessages, maxAgeSeconds, overflow });
  return {
    ...withoutUndefined({ delivery, redelivery, maxInFlight, paused }),
    ...(maxPerSecond !== undefined && { maxPerSecond: maxPerSecond === 'none' ? null : maxPerSecond }),
    ...(Object.keys(backlog).length > 0 && { backlog }),
  };
}

type Defined<T> = { [Key in keyof T]?: Exclude<T[Key], undefined> };

function withoutUndefined<T extends object>(values: T): Defined<T> {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as Defined<T>;
}

function rate(text: string): number | 'none' {
  if (text === 'none') return text;
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : NaN;
  if (value > 0 && value <= 100_000) return value;
  throw new InvalidArgumentError('It must be a number above 0, at most 100000, or none.');
}
