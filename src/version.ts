import { readFileSync } from 'node:fs';
import { join } from 'node:path';

/**
 * This program's version, as its package says; the file lies beside `src` and `dist` alike.
 *
 * @throws when the package does not say one
 */
export function programVersion(): string {
  // Checked by hand: to load what checks objects takes longer than a command does that needs it for nothing else.
  const contents: unknown = JSON.parse(readFileSync(join(__dirname, '../package.json'), 'utf8'));
  const isObject = typeof contents === 'object' && contents !== null;
  if (isObject && 'version' in contents && typeof contents.version === 'string') return contents.version;
  throw new Error('package.json says no version');
}
