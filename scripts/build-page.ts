/* Makes the page that `GET /` serves, page/ and the libraries that it uses, made small: in dist/page/, or in BUILD_DIR. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, extname, join, posix, sep } from 'node:path';
import { minifySync } from '@swc/core';

const ROOT = join(__dirname, '..');
const SOURCE = join(ROOT, 'page');
const TARGET = join(ROOT, process.env.BUILD_DIR ?? 'dist', 'page');

interface Library {
  /** By which name modules import it; null for what is no module. */
  readonly name: string | null;
  readonly path: string;
  /** The package's own build for browsers. */
  readonly file: string;
}

function libraries(): readonly Library[] {
  const uplot = dirname(require.resolve('uplot'));
  return [
    { name: 'preact', path: 'vendor/preact.js', file: require.resolve('preact') },
    { name: 'preact/hooks', path: 'vendor/preact-hooks.js', file: require.resolve('preact/hooks') },
    { name: 'htm', path: 'vendor/htm.js', file: join(dirname(require.resolve('htm')), 'htm.module.js') },
    { name: null, path: 'vendor/uplot.js', file: join(uplot, 'uPlot.iife.min.js') },
    { name: null, path: 'vendor/uplot.css', file: join(uplot, 'uPlot.min.css') },
  ];
}

/** Builds the page anew. */
export function buildPage(): void {
  rmSync(TARGET, { recursive: true, force: true });
  const modules: string[] = [];
  for (const { path, file } of libraries()) {
    const text = readFileSync(file, 'utf8').replace(/\n?\/\/# sourceMappingURL=.*\s*$/, '\n');
    write(path, extname(path) === '.js' ? withPaths(path, text) : text);
  }
  for (const found of readdirSync(SOURCE, { recursive: true, encoding: 'utf8' })) {
    const path = found.split(sep).join('/');
    const read = () => readFileSync(join(SOURCE, found), 'utf8');
    if (path.endsWith('.css')) write(path, smallCss(read()));
    else if (path.endsWith('.svg')) write(path, read());
    else if (path.endsWith('.js')) {
      write(path, smallModule(path, read()));
      modules.push(path);
    }
  }
  const html = readFileSync(join(SOURCE, 'index.html'), 'utf8');
  write('index.html', html.replace('{{modules}}', preloads(modules)).replace(/\n\s*/g, '\n'));
}

function write(path: string, text: string): void {
  const file = join(TARGET, path);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}

function smallModule(path: string, text: string): string {
  const { code } = minifySync(text, { module: true, compress: { passes: 2 }, mangle: true, ecma: 2020 });
  return withPaths(path, code);
}

/**
 * Replaces the names of packages in a module's imports by paths: a browser would need an import map for them, and that
 * can only be an inline script, which the page's policy forbids.
 */
function withPaths(path: string, text: string): string {
  const up = '../'.repeat(path.split('/').length - 1) || './';
  return text.replace(/\bfrom\s*(["'])([a-z][a-z/]*)\1/g, (_whole, _quote, name: string) => {
    const library = libraries().find((candidate) => candidate.name === name);
    if (!library) throw new Error(`page/${path} imports ${name}, which is not among the page's libraries`);
    const target = posix.join(up, library.path);
    return `from"${target.startsWith('.') ? target : `./${target}`}"`;
  });
}

function smallCss(text: string): string {
  return text
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/\s*([{};,])\s*/g, '$1')
    .replace(/;}/g, '}');
}

/** Lets the browser load all modules at once, and not each after the one that imports it. */
function preloads(modules: readonly string[]): string {
  const vendor = libraries().flatMap(({ name, path }) => (name === null ? [] : [path]));
  return [...vendor, ...modules]
    .sort()
    .map((path) => `<link rel="modulepreload" href="{{base}}/${path}" />`)
    .join('\n');
}

if (require.main === module) buildPage();
