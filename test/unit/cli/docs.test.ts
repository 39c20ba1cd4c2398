import type { Command, Option } from 'commander';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import type { Io } from '../../../src/cli/io';
import { programOf } from '../../../src/cli/run';

const ROOT = join(__dirname, '../../..');
const PAGE = readFileSync(join(ROOT, 'docs/cli.md'), 'utf8');

/** What commands that talk to a server have, which the page has once. */
const SHARED = ['--url', '--token', '--json'];

const io: Io = {
  stdin: new PassThrough(),
  stdout: new PassThrough(),
  stderr: new PassThrough(),
  env: {},
  cwd: ROOT,
  interrupted: () => new AbortController().signal,
};
const program = programOf({ io, exitCode: 0 }, () => undefined);

const isOfServer = ({ options }: Command) => options.some(({ long }) => long === '--url');

function ownOptions(command: Command): readonly Option[] {
  const isOwn = ({ long }: Option) => !(isOfServer(command) && SHARED.includes(String(long)));
  return command.options.filter(isOwn);
}

function headingOf(command: Command): string {
  const names = command.registeredArguments.map((one) => {
    const name = `${one.name()}${one.variadic ? '...' : ''}`;
    return one.required ? `<${name}>` : `[${name}]`;
  });
  return ['herald', command.name(), ...names].join(' ');
}

const rowOf = ({ flags, description }: Option) => [flags, description];

/** The options in the tables of a section. */
function rowsIn(section: string): unknown {
  return [...section.matchAll(/^\| `(--[^`]+)` \| (.+) \|$/gm)].map(([, flags, does]) => [flags, does]);
}

const [, common = '', ...sections] = PAGE.split(/^## /m);

describe('the page on the command line', () => {
  it('has the commands, in the order of the help', () => {
    expect(sections.map((section) => section.split('\n')[0])).toEqual(program.commands.map(headingOf));
  });

  it.each(program.commands.map((command) => [command.name(), command] as const))(
    'says of %s what its help says',
    (_name, command) => {
      const section = sections.find((text) => text.startsWith(headingOf(command))) ?? '';
      expect(section.split('\n')[2]).toBe(command.description());
      expect(rowsIn(section)).toEqual(ownOptions(command).map(rowOf));
    },
  );

  it('says once what all that talk to a server have', () => {
    for (const { options } of program.commands.filter(isOfServer)) {
      const shared = options.filter(({ long }) => SHARED.includes(String(long)));
      expect(rowsIn(common)).toEqual(shared.map(rowOf));
    }
  });

  it('is about the program that the package installs', () => {
    const { bin } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { bin: object };
    expect(bin).toEqual({ herald: 'dist/cli/main.js' });
    expect(readFileSync(join(ROOT, 'dist/cli/main.js'), 'utf8')).toMatch(/^#!\/usr\/bin\/env node\n/);
  });

  it.each(['README.md', 'docs/cli.md'])('and %s use only commands and options that there are', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    for (const [, name = '', rest = ''] of text.matchAll(/\bherald ([a-z]+)\b([^\n`|#]*)/g)) {
      const command = program.commands.find((one) => one.name() === name);
      expect({ name, isThere: command !== undefined }).toEqual({ name, isThere: true });
      const known = command?.options.map(({ long }) => long) ?? [];
      for (const [option] of rest.matchAll(/--[a-z-]+/g)) expect(known).toContain(option);
    }
  });
});
