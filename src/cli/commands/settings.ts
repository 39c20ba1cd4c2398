import type { Command } from 'commander';
import type { SubscriberSettings } from '../../client';
import { clientOf, type Context, examples, type ServerOptions, serverCommand } from '../context';
import { printable } from '../../printable';
import { printLine } from '../io';
import { settingsOf, type SettingsOptions, withSettingsOptions } from '../settings-options';

export function settingsCommand({ io }: Context): Command {
  return withSettingsOptions(
    serverCommand('settings')
      .description("Change those of a subscriber's settings that are given, and show what holds then.")
      .argument('<subscriber>', 'its URL'),
  )
    .addHelpText(
      'after',
      examples(
        'settings http://localhost:3000/hook',
        'settings http://localhost:3000/hook --max-in-flight 1 --max-per-second 10',
      ),
    )
    .action(async (url: string, options: ServerOptions & SettingsOptions) => {
      const client = clientOf(options, io);
      const change = settingsOf(options);
      const isChange = Object.keys(change).length > 0;
      const { settings } = await (isChange ? client.changeSettings(url, change) : client.subscriber(url));
      if (options.json) await printLine(io.stdout, JSON.stringify(settings));
      else for (const line of linesOf(settings)) await printLine(io.stdout, printable(line));
    });
}

function linesOf({ backlog, ...settings }: SubscriberSettings): string[] {
  const ofBacklog = Object.entries(backlog).map(([name, value]) => [`backlog.${name}`, value] as const);
  return [...Object.entries(settings), ...ofBacklog].map(
    ([name, value]) => `${name.padEnd(23)}${value ?? 'none'}`,
  );
}
