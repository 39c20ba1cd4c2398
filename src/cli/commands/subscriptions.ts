import type { Command } from 'commander';
import { clientOf, type Context, examples, type ServerOptions, serverCommand } from '../context';
import { printable } from '../../printable';
import { printLine } from '../io';
import { settingsOf, type SettingsOptions, withSettingsOptions } from '../settings-options';

export function subscribeCommand({ io }: Context): Command {
  return withSettingsOptions(
    serverCommand('subscribe')
      .description('Subscribe a URL to a topic. Subscribing again changes the settings that are given.')
      .argument('<topic>')
      .argument('<subscriber>', 'an http or https URL'),
  )
    .addHelpText(
      'after',
      examples(
        'subscribe orders http://localhost:3000/hook',
        'subscribe orders https://shop.example/hook --max-in-flight 1 --max-per-second 10',
        'subscribe orders http://localhost/me --delivery poll',
      ),
    )
    .action(async (topic: string, subscriber: string, options: ServerOptions & SettingsOptions) => {
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
