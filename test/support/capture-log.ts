import { createLogger } from '../../src/logger';
import type { LogLevel } from '../../src/log-config';
import type { Logger } from '../../src/logger';

export interface LogLine {
  /** The name of the event. */
  readonly msg: string;
  readonly [field: string]: unknown;
}

export interface CapturedLog {
  readonly log: Logger;
  /** The lines written so far, or those among them that say `message`. */
  lines(message?: string): LogLine[];
}

/** The program's own logger, writing to memory. */
export function captureLog(level: LogLevel = 'info'): CapturedLog {
  const written: LogLine[] = [];
  const destination = { write: (line: string) => void written.push(JSON.parse(line) as LogLine) };
  return {
    log: createLogger({ level, destination }),
    lines: (message) => written.filter(({ msg }) => message === undefined || msg === message),
  };
}
