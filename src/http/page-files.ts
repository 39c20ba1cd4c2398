import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, sep } from 'node:path';

/** Where `npm run build` puts the page; reached alike from `src` and `dist`. */
const FOLDER = join(__dirname, '../../dist/page');

const TYPES: Readonly<Record<string, string>> = {
  '.css': 'text/css; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.svg': 'image/svg+xml',
};

interface PageFile {
  readonly type: string;
  readonly content: Buffer;
}

/** The page as it is served. */
export interface Page {
  readonly html: Buffer;
  /** Names the content of all files: it changes with any of them. */
  readonly version: string;
  /** By their paths in the page's folder. */
  readonly files: ReadonlyMap<string, PageFile>;
}

/** Reads the built page from the disk. */
export function loadPage(): Page {
  const template = readFileSync(join(FOLDER, 'index.html'), 'utf8');
  const hash = createHash('sha256').update(template);
  const files = new Map<string, PageFile>();
  for (const found of readdirSync(FOLDER, { recursive: true, encoding: 'utf8' }).sort()) {
    const type = TYPES[extname(found)];
    if (type === undefined) continue;
    const path = found.split(sep).join('/');
    const content = readFileSync(join(FOLDER, found));
    files.set(path, { type, content });
    hash.update(path).update(content);
  }
  const version = hash.digest('hex').slice(0, 16);
  return { html: Buffer.from(template.replaceAll('{{base}}', `page/${version}`)), version, files };
}
