import { existsSync } from 'node:fs';
import { CliError } from './io';

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
export function loadSettings(file: string | undefined): void {
  if (file === undefined && !existsSync(DEFAULT_FILE)) return;
  try {
    process.loadEnvFile(file ?? DEFAULT_FILE);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new CliError(`The settings cannot be read: ${reason}`, { cause: error });
  }
}
