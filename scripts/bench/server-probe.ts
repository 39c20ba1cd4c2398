import { monitorEventLoopDelay } from 'node:perf_hooks';
import { answerCommands } from './answer-commands';

/** What a process has used since its start. */
export interface Usage {
  /** Of all its threads, user and system, in microseconds. */
  readonly cpuMicros: number;
  readonly residentBytes: number;
  /** After a garbage collection where the process allows one. */
  readonly heapBytes: number;
}

/** How much later than planned the event loop came round, in milliseconds. */
export interface LoopDelay {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

/** What every server in a benchmark answers beside its HTTP. */
export interface ProbeCommands {
  usage(options: { readonly collectGarbage: boolean }): Promise<Usage>;
  watchLoop(options: null): void;
  /** Since `watchLoop`, which it ends. */
  loopDelay(options: null): LoopDelay;
}

const RESOLUTION_MS = 2;
const COLLECTIONS = 3;
const COLLECTION_PAUSE_MS = 100;
const loop = monitorEventLoopDelay({ resolution: RESOLUTION_MS });

/** The histogram holds whole intervals between two timers; what is above the interval asked for is delay. */
function delayMs(nanoseconds: number): number {
  return Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
}

/**
 * Loaded into a server by `--require`, so that the server itself needs no code for it: the process tells what it used,
 * by its own accounting.
 */
answerCommands<ProbeCommands>({
  usage: async ({ collectGarbage }) => {
    // Buffers are let go of in the background, after the collection that finds them unused.
    for (let n = 0; collectGarbage && n < COLLECTIONS; n += 1) {
      globalThis.gc?.();
      await new Promise((resolve) => setTimeout(resolve, COLLECTION_PAUSE_MS));
    }
    // A server that is busy has left behind megabytes within the last pause.
    if (collectGarbage) globalThis.gc?.();
    const { user, system } = process.cpuUsage();
    const { rss, heapUsed, external } = process.memoryUsage();
    return { cpuMicros: user + system, residentBytes: rss, heapBytes: heapUsed + external };
  },
  watchLoop: () => {
    loop.reset();
    loop.enable();
  },
  loopDelay: () => {
    loop.disable();
    return { p50: delayMs(loop.percentile(50)), p99: delayMs(loop.percentile(99)), max: delayMs(loop.max) };
  },
});
