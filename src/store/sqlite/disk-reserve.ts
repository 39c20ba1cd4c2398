import { statfsSync, type StatsFs } from 'node:fs';
import { SQLITE } from './sqlite-faults';
import type { Writes } from './sqlite-operations';
import type { Answer, Call } from './sqlite-protocol';

const MIB = 1024 * 1024;
/** So much of a disk is kept, four times what the write-ahead log takes before it goes into the file … */
const RESERVE_BYTES = 16 * MIB;
/** … or this share of a small one. */
const MAX_SHARE = 1 / 4;

/** The operations by which the file grows with what publishers send. */
const ADDING: ReadonlySet<string> = new Set<keyof Writes>(['putCopies', 'claimKey']);

export interface DiskReserveOptions {
  /** Any directory of the disk that the file is on. */
  readonly directory: string;
  /** How many bytes of the file itself hold nothing now. */
  readonly freeInFile: () => number;
  /** For tests: how much is kept, whatever the size of the disk. */
  readonly reserveBytes?: number | undefined;
  /** As `fs.statfsSync`. */
  readonly look?: (directory: string) => Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'>;
}

/**
 * Keeps the last of the disk for what makes room. To mark a message received, to delete one and to start the server all
 * write to the disk first: on one that messages have filled to the last byte, none of these could be done any more.
 */
export class DiskReserve {
  constructor(private readonly options: DiskReserveOptions) {}

  /** Answers what would add to a disk that is nearly full, and has `run` answer the other calls. */
  guard(calls: readonly Call[], run: (calls: readonly Call[]) => readonly Answer[]): readonly Answer[] {
    const fault = calls.some(isAdding) ? this.#fault() : null;
    if (fault === null) return run(calls);
    const others = run(calls.filter((call) => !isAdding(call))).values();
    return calls.map((call) => (isAdding(call) ? [false, fault, SQLITE.FULL] : nextOf(others)));
  }

  #fault(): string | null {
    const { directory, freeInFile, reserveBytes } = this.options;
    const disk = this.#look();
    if (!disk) return null;
    const { bavail, blocks, bsize } = disk;
    const reserve = reserveBytes ?? Math.min(RESERVE_BYTES, blocks * bsize * MAX_SHARE);
    if (bavail * bsize + freeInFile() >= reserve) return null;
    const size = `${Math.ceil(reserve / MIB)} MiB`;
    return `the disk of ${directory} has less than ${size} left, which are kept for acks and deletions; free some space on it`;
  }

  /** Undefined where the disk does not tell, as some in a network: then a write says whether it is full. */
  #look(): Pick<StatsFs, 'bavail' | 'blocks' | 'bsize'> | undefined {
    const { directory, look = statfsSync } = this.options;
    try {
      const disk = look(directory);
      return disk.blocks > 0 ? disk : undefined;
    } catch {
      return undefined;
    }
  }
}

function isAdding([name]: Call): boolean {
  return ADDING.has(name);
}

function nextOf(answers: ArrayIterator<Answer>): Answer {
  const { value } = answers.next();
  if (value === undefined) throw new Error('A call has no answer.');
  return value;
}
