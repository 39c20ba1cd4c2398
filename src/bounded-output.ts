import pino, { type DestinationStream } from 'pino';
import { atEndOfTurn } from './end-of-turn';

const MAX_WAITING_BYTES = 16 * 1024 * 1024;
/** So many characters are handed on at once, also before the turn is over. */
const MAX_GATHERED = 16 * 1024;

/**
 * Writes lines to a file descriptor, in the background. What its reader does not take waits in memory, up to `maxBytes`;
 * further lines are dropped, and how many is told once it takes some again.
 *
 * The lines of one turn of the event loop are handed on together: the stream behind looks through all that waits for each
 * text that it is given, and with thousands of lines a second that costs more than everything else about a line.
 */
export class BoundedOutput implements DestinationStream {
  #gathered = '';
  #dropped = 0;
  readonly #stream;

  constructor(dest: number, maxBytes = MAX_WAITING_BYTES) {
    // Before the stream's own listener, which writes what it has when the process ends.
    process.on('exit', this.#handOn);
    // Every line is longer than a byte, so nothing is held back; but with no minimum, flush does not wait for the line
    // that is being written, and the last words before the exit are lost.
    this.#stream = pino.destination({ dest, sync: false, minLength: 1, maxLength: maxBytes });
    this.#stream.on('drop', (lines: string) => (this.#dropped += lines.split('\n').length - 1));
  }

  /** `tell` gets the number of lines that were dropped since it was called last. */
  onDropped(tell: (lines: number) => void): void {
    this.#stream.on('drain', () => {
      const lines = this.#dropped;
      this.#dropped = 0;
      if (lines > 0) tell(lines);
    });
  }

  write(line: string): void {
    if (this.#gathered === '') atEndOfTurn(this.#handOn);
    this.#gathered += line;
    if (this.#gathered.length > MAX_GATHERED) this.#handOn();
  }

  /** Calls back when all lines so far are written. */
  flush(callback: (error?: Error) => void): void {
    this.#handOn();
    this.#stream.flush(callback);
  }

  /** Lets go of the descriptor, without the lines that it has not taken. */
  destroy(): void {
    process.off('exit', this.#handOn);
    this.#gathered = '';
    this.#stream.destroy();
  }

  readonly #handOn = (): void => {
    const lines = this.#gathered;
    this.#gathered = '';
    if (lines !== '') this.#stream.write(lines);
  };
}
