import pino from 'pino';
import type { DestinationStream, Logger } from 'pino';
import { BoundedOutput } from './bounded-output';
import type { LogComponent, LogConfig, LogLevel } from './log-config';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where lines go instead of standard output. */
  readonly destination?: DestinationStream;
}

/** What must never be in a line, wherever an object with it comes from. */
const SECRET_NAMES = ['secret', 'secrets', 'token', 'tokenHash', 'authorization', 'JWT_SECRET'];
const REDACTED = SECRET_NAMES.flatMap((name) => [name, `*.${name}`]);

/** The program's logger. Names in lines are snake_case, and each line's message names one event. */
export function createLogger({ level, destination }: LoggerOptions): Logger {
  const options = { level, base: null, timestamp: timeField, redact: REDACTED };
  if (destination) return pino(options, destination);
  const output = new BoundedOutput(1);
  const log = pino(options, output);
  output.onDropped((lines) => log.warn({ lines }, 'log.lines_dropped'));
  return log;
}

/**
 * A logger for the lines that are written for every message, and hold nothing but what their writer lists: looking for
 * secrets in each costs as much as writing it.
 */
export function plainLines(log: Logger): Logger {
  return log.child({}, { redact: [] });
}

let lastTime = 0;
let lastTimeField = '';

/** The time as it stands in a line; made once a millisecond, since a publish writes a line for each subscriber. */
function timeField(): string {
  const now = Date.now();
  if (now !== lastTime) {
    lastTime = now;
    lastTimeField = `,"time":"${new Date(now).toISOString()}"`;
  }
  return lastTimeField;
}

/** One logger per component: the program's own, at the component's level where it has one. */
export function componentLoggers(log: Logger, levels: LogConfig['levels']): Record<LogComponent, Logger> {
  const of = (component: LogComponent) => {
    const level = levels[component];
    return level === undefined ? log : log.child({}, { level });
  };
  return { http: of('http'), broker: of('broker'), store: of('store') };
}
