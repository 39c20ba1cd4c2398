import type { DestinationStream } from 'pino';
import pretty from 'pino-pretty';

/** What stands in the message of its line, too. */
const PRINTED = 'data';

/** Writes log lines for a person at a terminal. */
export function prettyOutput(destination: DestinationStream | number = 1): DestinationStream {
  return pretty({ translateTime: 'SYS:HH:MM:ss.l', ignore: PRINTED, destination, sync: true });
}
