import { execFile } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { TemporaryDirectories } from '../support/temporary-directory';

const ROOT = join(__dirname, '../..');
const FILES = [
  'start-server.sh',
  'package.json',
  'package-lock.json',
  'tsconfig.json',
  'tsconfig.build.json',
];
const run = promisify(execFile);
const directories = new TemporaryDirectories();
let home: string;

beforeAll(async () => {
  home = await directories.make();
  for (const file of FILES) copyFileSync(join(ROOT, file), join(home, file));
  // Older than what is installed, so that nothing is installed anew.
  utimesSync(join(home, 'package-lock.json'), 0, 0);
  for (const folder of ['node_modules', 'page']) symlinkSync(join(ROOT, folder), join(home, folder));
  for (const folder of ['scripts', 'src']) mkdirSync(join(home, folder));
  // Not by a link, since it builds beside where it really is.
  copyFileSync(join(ROOT, 'scripts/build-page.ts'), join(home, 'scripts/build-page.ts'));
  writeFileSync(join(home, '.env.example'), 'WHENCE=example');
});

afterAll(() => directories.removeAll());

function writeMain(text: string): void {
  writeFileSync(join(home, 'src/main.ts'), text);
}

/** Runs the script; resolves with what it printed, or rejects when it failed. */
async function start(env: Readonly<Record<string, string>> = {}): Promise<string> {
  return (await startAndHear(env)).stdout;
}

function startAndHear(env: Readonly<Record<string, string>> = {}) {
  return run(join(home, 'start-server.sh'), { env: { PATH: process.env.PATH, ...env } });
}

// Each build takes seconds: the tests go on where the one before ended.
describe('start-server.sh', () => {
  it('builds what has changed, and starts nothing that does not compile, however often it is asked', async () => {
    writeMain('console.log("one")');
    await expect(start()).resolves.toBe('one\n');
    writeMain('const n: number = "no"; console.log(n)');
    await expect(start()).rejects.toThrow('Command failed');
    await expect(start()).rejects.toThrow('Command failed');
    // What ran before is still there, for a server that runs from it.
    expect(readFileSync(join(home, 'dist/main.js'), 'utf8')).toContain('"one"');
    writeFileSync(join(home, 'dist/gone.js'), '');
    writeMain('console.log(process.env.WHENCE)');
    await expect(start()).resolves.toBe('example\n');
    const built = readdirSync(join(home, 'dist'));
    expect(built).toEqual(expect.arrayContaining(['main.js', 'page', '.tsbuildinfo']));
    expect(built).not.toContain('gone.js');
    expect(readdirSync(home).filter((name) => name.startsWith('dist'))).toEqual(['dist']);
  }, 60_000);

  it('takes settings from the environment, then from .env, or else from .env.example', async () => {
    await expect(start()).resolves.toBe('example\n');
    writeFileSync(join(home, '.env'), 'WHENCE=file');
    await expect(start()).resolves.toBe('file\n');
    await expect(start({ WHENCE: 'environment' })).resolves.toBe('environment\n');
  });

  it.each([
    ['\uFEFFWHENCE=file', 1, 'it begins with a byte order mark: save the file as UTF-8 without one'],
    ['\uFEFF# my settings\nWHENCE=file', 1, 'it begins with a byte order mark'],
    ['# my settings\r\n\r\nWHENCE: file\r\n', 3, 'write WHENCE=value, with = in place of the colon'],
    ['NOTE="two\nlines"\nWHENCE :file', 3, 'write WHENCE=value, with = in place of the colon'],
    ['WHENCE=file\nset a value', 2, 'write NAME=value, or # before a comment'],
    ['WHENCE', 1, 'write NAME=value, or # before a comment'],
  ])('starts nothing with a file that would be passed over in silence: %j', async (text, line, fault) => {
    writeFileSync(join(home, '.env'), text);
    await expect(startAndHear()).rejects.toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringContaining(`.env, line ${line}: ${fault}`),
    });
  });

  it.each([
    '  WHENCE = file # why\n#OTHER: x\n\t\nOTHER.name-2=a:b\nEMPTY=',
    'export WHENCE=file\r\nNOTE=\'it is "so"\'\r\n',
    'NOTE="first\nno setting: at all\n"\nWHENCE=`file`\nURL=http://localhost:1/',
    'AWS_PROFILE=x\nHOME=/tmp\nWHENCE=file',
  ])('starts with whatever Node.js takes, and says nothing: %j', async (text) => {
    writeFileSync(join(home, '.env'), text);
    await expect(startAndHear()).resolves.toEqual({ stdout: 'file\n', stderr: '' });
  });

  it.each(['WHENC', 'WHENCEE', 'WHANCE', 'WHECNE', 'whence'])('warns of %s, and starts', async (name) => {
    writeFileSync(join(home, '.env'), `${name}=file`);
    const { stderr } = await startAndHear();
    expect(stderr).toBe(`.env, line 1: ${name} is no setting; is WHENCE meant?\n`);
  });

  it('warns of no setting there is', async () => {
    copyFileSync(join(ROOT, '.env.example'), join(home, '.env.example'));
    copyFileSync(join(ROOT, '.env.example'), join(home, '.env'));
    await expect(startAndHear()).resolves.toMatchObject({ stderr: '' });
  });
});
