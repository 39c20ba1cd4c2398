import { Command } from 'commander';
import { type Context, EXIT, examples } from '../context';
import type { Finding } from '../doctor/finding';
import { printLine, type Style, styler } from '../io';
import { loadSettings, SETTINGS_OPTION } from '../settings-file';

interface DoctorOptions {
  readonly settings?: string;
  readonly json?: boolean;
}

const HELP = `
It looks at what "herald serve" would use with the same environment and settings, and changes nothing:
  node           whether Node.js is new enough
  configuration  every fault in it
  store          embedded: whether DATA_DIR can be written, herald.db is not damaged, and who has it open;
                 dynamodb: the tables with their keys and indexes, credentials and permissions
  port           whether it is free, or a Herald answers there
  address        whether PUBLIC_URL leads to a Herald
  clock          whether it agrees with that of DynamoDB, or of the server

Exit status: 0 no fault, 1 at least one. What cannot be checked is no fault.
${examples('doctor', 'doctor --settings production.env --json')}`;

const MARKS: Readonly<Record<Finding['state'], readonly [Style, string]>> = {
  ok: ['green', '✓'],
  fault: ['red', '✗'],
  unknown: ['dim', '-'],
};

export function doctorCommand(context: Context): Command {
  const { io } = context;
  return new Command('doctor')
    .description('Check what a server needs: each fault, and what to do about it.')
    .option(...SETTINGS_OPTION)
    .option('--json', 'print JSON, one value per line')
    .addHelpText('after', HELP)
    .action(async ({ settings, json }: DoctorOptions) => {
      loadSettings(settings, io);
      // Loaded only here: no other command needs the server's parts.
      const { examine } = await import('../doctor/examine.js');
      const findings = await examine(io.env, process.versions.node);
      const hasFault = findings.some(({ state }) => state === 'fault');
      if (hasFault) context.exitCode = EXIT.failure;
      if (json) {
        await printLine(io.stdout, JSON.stringify({ ok: !hasFault, checks: findings }));
        return;
      }
      const style = styler(io);
      for (const { check, state, message } of findings) {
        await printLine(io.stdout, `${style(...MARKS[state])} ${check.padEnd(15)}${message}`);
      }
    });
}
