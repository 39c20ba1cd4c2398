import pino from 'pino';
import type { DestinationStream, Logger } from 'pino';
import type { LogComponent, LogConfig, LogLevel } from './log-config';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** Where lines go instead of standard output. */
  readonly destination?: DestinationStream;
}

const MAX_WAITING_BYTES = 16 * 1024 * 1024;

/** What must never be in a line, wherever an object with it comes from. */
const SECRET_NAMES = ['secret', 'secrets', 'token', 'tokenHash', 'authorization', 'JWT_SECRET'];
const REDACTED = SECRET_NAMES.flatMap((name) => [name, `*.${name}`]);

/** The program's logger. Names in lines are snake_case, and each line's message names one event. */
export function createLogger({ level, destination }: LoggerOptions): Logger {
  const options = { level, base: null, timestamp: timeField, redact: REDACTED };
  if (destination) return pino(options, destination);
  const output = boundedOutput(1);
  const log = pino(options, output.stream);
  output.onDropped((lines) => log.warn({ lines }, 'log.lines_dropped'));
  return log;
}

/**
 * Writes lines to a file descriptor, in the background. What its reader does not take waits in memory, up to `maxBytes`;
 * further lines are dropped, and how many is told once it takes some again.
 */
export function boundedOutput(dest: number, maxBytes = MAX_WAITING_BYTES) {
  // Every line is longer than a byte, so nothing is held back; but with no minimum, flush does not wait for the line
  // that is being written, and the last words before the exit are lost.
  const stream = pino.destination({ dest, sync: false, minLength: 1, maxLength: maxBytes });
  let dropped = 0;
  stream.on('drop', () => (dropped += 1));
  const onDropped = (tell: (lines: number) => void) =>
    stream.on('drain', () => {
      const lines = dropped;
      dropped = 0;
      if (lines > 0) tell(lines);
    });
  return { stream, onDropped };
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
