import { Command, CommanderError } from 'commander';
import { HeraldRequestError } from '../client';
import { wasNobodyThere } from '../client/fetch-fault';
import { printable } from '../printable';
import { programVersion } from '../version';
import { ackCommand } from './commands/ack';
import { doctorCommand } from './commands/doctor';
import { listenCommand } from './commands/listen';
import { pauseCommand, resumeCommand } from './commands/pause';
import { pollCommand } from './commands/poll';
import { publishCommand } from './commands/publish';
import { purgeCommand } from './commands/purge';
import { receiveCommand } from './commands/receive';
import { replayCommand } from './commands/replay';
import { secretCommand } from './commands/secret';
import { serveCommand } from './commands/serve';
import { settingsCommand } from './commands/settings';
import { statusCommand } from './commands/status';
import { subscribeCommand, subscribersCommand, unsubscribeCommand } from './commands/subscriptions';
import { tailCommand } from './commands/tail';
import { topicsCommand } from './commands/topics';
import { type Context, EXIT, examples, withServerOptions } from './context';
import { CliError, Interruption, type Io, note, OutputClosed, print, UsageError } from './io';

const COMMANDS: readonly ((context: Context) => Command)[] = [
  serveCommand,
  subscribeCommand,
  unsubscribeCommand,
  topicsCommand,
  subscribersCommand,
  statusCommand,
  settingsCommand,
  pauseCommand,
  resumeCommand,
  secretCommand,
  publishCommand,
  tailCommand,
  pollCommand,
  ackCommand,
  replayCommand,
  purgeCommand,
  listenCommand,
  receiveCommand,
  doctorCommand,
];

/**
 * Runs a command line. Never rejects for what a user can expect: that is one message on standard error.
 *
 * @param args without the program's own name
 * @returns the exit status, one of EXIT
 */
export async function run(args: readonly string[], io: Io): Promise<number> {
  const context: Context = { io, exitCode: EXIT.ok };
  try {
    await runCommand(args, context);
    return context.exitCode;
  } catch (error) {
    return exitCodeOf(error, context);
  }
}

async function runCommand(args: readonly string[], context: Context): Promise<void> {
  let help = '';
  try {
    await programOf(context, (text) => (help += text)).parseAsync(args, { from: 'user' });
  } catch (error) {
    if (!(error instanceof CommanderError) || error.exitCode !== 0) throw error;
    await print(context.io.stdout, help);
  }
}

/**
 * The program with all its commands and help texts.
 *
 * @param showHelp given help that was asked for, and the version
 */
export function programOf(context: Context, showHelp: (text: string) => void): Command {
  const { io } = context;
  const program = withServerOptions(new Command('herald'))
    .enablePositionalOptions()
    .hook('preSubcommand', passOn)
    .description('HTTP publish/subscribe: run a server, and talk to one.')
    .version(programVersion())
    .addHelpText(
      'after',
      `${examples(
        'serve',
        'subscribe orders http://localhost:3000/hook',
        'publish orders \'{"total": 12}\'',
        'tail',
      )}

Exit status: 0 done; 1 failed; 2 the command line is wrong; 3 published, but some subscribers did not receive it.
Environment: HERALD_URL, HERALD_TOKEN, HERALD_SECRET, NO_COLOR.`,
    );
  for (const command of COMMANDS) program.addCommand(command(context));
  for (const command of [program, ...program.commands]) {
    command.exitOverride().configureOutput({
      writeOut: showHelp,
      writeErr: (text) => void io.stderr.write(text),
    });
    command.showHelpAfterError(`(herald ${command === program ? '' : `${command.name()} `}--help says how)`);
  }
  return program;
}

/** Hands options that stand before the command to it, as if they stood behind it. */
function passOn(program: Command, command: Command): void {
  for (const [name, value] of Object.entries(program.opts<Readonly<Record<string, unknown>>>())) {
    const isKnown = command.options.some((option) => option.attributeName() === name);
    if (!isKnown) command.error(`error: unknown option '--${name}'`);
    command.setOptionValue(name, value);
  }
}

function exitCodeOf(error: unknown, { io, exitCode }: Context): number {
  // Commander has said already what is wrong.
  if (error instanceof CommanderError) return EXIT.usage;
  // Whether it was published does not depend on who reads that it was.
  if (error instanceof OutputClosed) return exitCode;
  if (error instanceof Interruption) return EXIT.interrupted;
  // What nobody expected is a mistake of this program, and needs the stack.
  note(io, messageOf(error) ?? String(error instanceof Error ? error.stack : error));
  return error instanceof UsageError ? EXIT.usage : EXIT.failure;
}

function messageOf(error: unknown): string | null {
  if (error instanceof HeraldRequestError) {
    const faults = error.errors.map(({ path, message }) => `\n  ${path}: ${message}`);
    const remedy = wasNobodyThere(error.cause)
      ? '\nStart one with "herald serve", or name it with --url or HERALD_URL'
      : '';
    return printable(`${error.message}${faults.join('')}${remedy}`);
  }
  return error instanceof CliError || error instanceof UsageError ? printable(error.message) : null;
}
