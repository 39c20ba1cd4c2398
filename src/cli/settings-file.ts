import { existsSync, readFileSync } from 'node:fs';
import { parseEnv } from 'node:util';
import { CliError, type Io, pathOf } from './io';

const DEFAULT_FILE = '.env';

/** Not `--env-file`: Node.js 20 takes that for its own, wherever it stands. */
export const SETTINGS_OPTION = [
  '--settings <file>',
  `where settings are that the environment does not have (${DEFAULT_FILE}, when it is there)`,
] as const;

/**
 * Adds a file's settings to the environment; a variable that is set already stays.
 *
 * @throws CliError when a file that was asked for is not there or cannot be read
 */
export function loadSettings(file: string | undefined, { env, cwd }: Pick<Io, 'env' | 'cwd'>): void {
  const path = pathOf(file ?? DEFAULT_FILE, { cwd });
  if (file === undefined && !existsSync(path)) return;
  try {
    const settings = parseEnv(readFileSync(path, 'utf8'));
    for (const [name, value] of Object.entries(settings)) env[name] ??= value;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`The settings cannot be read: ${reason}`, { cause: error });
  }
}
