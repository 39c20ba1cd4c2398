import pino from 'pino';
import type { DestinationStream, Logger } from 'pino';
import pretty from 'pino-pretty';
import type { LogComponent, LogConfig, LogLevel } from './log-config';

export type { Logger } from 'pino';

export interface LoggerOptions {
  readonly level: LogLevel;
  /** For a person at a terminal; otherwise one JSON object per line. */
  readonly pretty: boolean;
  /** Where lines go instead of standard output. */
  readonly destination?: DestinationStream;
}

/** The program's logger. Names in lines are snake_case, and each line's message names one event. */
export function createLogger({ level, pretty: isPretty, destination }: LoggerOptions): Logger {
  const options = { level, base: null, timestamp: pino.stdTimeFunctions.isoTime };
  if (isPretty) {
    return pino(
      options,
      pretty({ translateTime: 'SYS:HH:MM:ss.l', destination: destination ?? 1, sync: true }),
    );
  }
  return pino(options, destination ?? pino.destination({ dest: 1, sync: false }));
}

/** One logger per component: the program's own, at the component's level where it has one. */
export function componentLoggers(log: Logger, levels: LogConfig['levels']): Record<LogComponent, Logger> {
  const of = (component: LogComponent) => {
    const level = levels[component];
    return level === undefined ? log : log.child({}, { level });
  };
  return { http: of('http'), broker: of('broker'), store: of('store') };
}
