import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** This program's version, as its package says; the file lies beside `src` and `dist` alike. */
export function programVersion(): string {
  const text = readFileSync(join(__dirname, '../package.json'), 'utf8');
  return z.object({ version: z.string() }).parse(JSON.parse(text)).version;
}
