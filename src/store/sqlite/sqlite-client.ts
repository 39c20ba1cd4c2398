import type { EventEmitter } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { StartupError, StoreUnavailableError } from '../../errors';
import { atEndOfTurn } from '../../end-of-turn';
import { CallQueue } from './call-queue';
import type { PendingCall } from './call-queue';
import type { Reads, Writes } from './sqlite-operations';
import type { Answer, Batch, Reply } from './sqlite-protocol';

/** At most this many reads go into a batch, since the batch's writes wait for them. */
const MAX_READS = 32;
/** A row to write costs about as much time as this many bytes of text. */
const ROW_COST = 1024;
/** What a batch's writes may cost: some 2,000 rows or 2 MB of text, about 20 ms of the worker's time. */
const MAX_BATCH_COST = 2_048 * ROW_COST;
/** How many reads may wait … */
const MAX_WAITING_READS = 10_000;
/** … and what waiting writes may cost: beyond that, operations are refused at once rather than kept in memory. */
const MAX_WAITING_COST = 128 * 1024 * 1024;

/** What serves a database: says so or refuses, answers each batch, and exits once it was asked to close. */
export type StoreThread = EventEmitter & Pick<Worker, 'postMessage'>;

/**
 * The main thread's side of the store: sends operations to the worker thread and answers their callers.
 *
 * While the worker is busy, operations gather; all that have gathered go to it as one batch. So the more is asked at
 * once, the more share one transaction. Operations reject with StoreUnavailableError when the worker cannot do them,
 * is gone, or has too much to do.
 */
export class SqliteClient {
  readonly #reads = new CallQueue();
  readonly #writes = new CallQueue();
  #readsInFlight: readonly PendingCall[] = [];
  #writesInFlight: readonly PendingCall[] = [];
  #isBusy = false;
  #isScheduled = false;
  #isClosing = false;
  /** Why nothing can be asked any more. */
  #gone: StoreUnavailableError | null = null;
  readonly #exited: Promise<void>;
  #onFault: ((fault: StoreUnavailableError | null) => void) | null = null;

  constructor(private readonly worker: StoreThread) {
    worker.on('message', (reply: Reply) => this.#receive(reply));
    worker.on('error', (cause) => this.#giveUp('The store has failed; restart to use it again.', cause));
    this.#exited = new Promise((resolve) => {
      worker.once('exit', () => {
        this.#giveUp('The store is closed.');
        resolve();
      });
    });
  }

  /** Resolves when the worker has opened the file. Rejects with StartupError when it cannot, once it has let go of it. */
  opened(): Promise<void> {
    return new Promise((resolve, reject) => {
      let reason: StartupError | null = null;
      this.worker.once('message', (reply: Reply) => {
        if (reply[0] === 'refused') reason = new StartupError(reply[1]);
        else resolve();
      });
      this.worker.once('error', (cause) => {
        reason = new StartupError(`The store's thread cannot be started (${String(cause)}).`, { cause });
      });
      this.worker.once('exit', () =>
        reject(reason ?? new StartupError("The store's thread has ended at its start.")),
      );
    });
  }

  /** Calls `onFault` when the files turn out to be gone or changed by others, and with null when they are back. */
  listen(onFault: (fault: StoreUnavailableError | null) => void): void {
    this.#onFault = onFault;
  }

  /** Runs one of the operations that change nothing. */
  read<Name extends keyof Reads>(
    name: Name,
    args: Parameters<Reads[Name]>,
  ): Promise<ReturnType<Reads[Name]>> {
    return this.#ask(this.#reads, MAX_WAITING_READS, name, args, 1) as Promise<ReturnType<Reads[Name]>>;
  }

  /**
   * Runs one of the operations that write; what it resolves with is on the disk.
   *
   * @param rows how many rows the operation may change, for the bounds of a batch
   * @param textLength characters in its arguments, besides those that are texts themselves
   */
  write<Name extends keyof Writes>(
    name: Name,
    args: Parameters<Writes[Name]>,
    rows = 1,
    textLength = 0,
  ): Promise<ReturnType<Writes[Name]>> {
    const text = args.reduce<number>(
      (sum, arg) => sum + (typeof arg === 'string' ? arg.length : 0),
      textLength,
    );
    const cost = rows * ROW_COST + text;
    return this.#ask(this.#writes, MAX_WAITING_COST, name, args, cost) as Promise<ReturnType<Writes[Name]>>;
  }

  /** Finishes what was asked before, then ends the worker. Idempotent. */
  close(): Promise<void> {
    this.#isClosing = true;
    this.#schedule();
    return this.#exited;
  }

  #ask(
    queue: CallQueue,
    limit: number,
    name: string,
    args: readonly unknown[],
    cost: number,
  ): Promise<unknown> {
    if (this.#gone) return Promise.reject(this.#gone);
    if (this.#isClosing) return Promise.reject(new StoreUnavailableError('The store is closing.'));
    if (!queue.isEmpty && queue.cost + cost > limit) {
      return Promise.reject(new StoreUnavailableError('The store is overloaded; try again later.'));
    }
    return new Promise((resolve, reject) => {
      queue.add({ call: [name, args], cost, resolve, reject });
      this.#schedule();
    });
  }

  /** What is asked for in one turn goes together: waking the worker costs more than most operations do. */
  #schedule(): void {
    if (this.#isScheduled) return;
    this.#isScheduled = true;
    atEndOfTurn(() => {
      this.#isScheduled = false;
      this.#sendNext();
    });
  }

  #sendNext(): void {
    if (this.#isBusy || this.#gone) return;
    const isIdle = this.#reads.isEmpty && this.#writes.isEmpty;
    if (isIdle && !this.#isClosing) return;
    this.#isBusy = true;
    if (isIdle) {
      this.#post(null);
      return;
    }
    this.#readsInFlight = this.#reads.take(MAX_READS);
    this.#writesInFlight = this.#writes.take(MAX_BATCH_COST);
    this.#post([this.#readsInFlight.map(({ call }) => call), this.#writesInFlight.map(({ call }) => call)]);
  }

  #post(batch: Batch): void {
    this.worker.postMessage(batch);
  }

  #receive([kind, payload]: Reply): void {
    if (kind === 'reads') {
      const calls = this.#readsInFlight;
      this.#readsInFlight = [];
      settle(calls, payload);
    } else if (kind === 'writes') {
      const calls = this.#writesInFlight;
      this.#writesInFlight = [];
      this.#isBusy = false;
      settle(calls, payload);
      this.#sendNext();
    } else if (kind === 'files') {
      this.#onFault?.(payload === null ? null : new StoreUnavailableError(payload));
    }
  }

  /** Nobody waits for ever: rejects all that was asked, and all that will be. Only the first reason counts. */
  #giveUp(reason: string, cause?: unknown): void {
    this.#gone ??= new StoreUnavailableError(reason, { cause });
    const calls = [
      ...this.#readsInFlight,
      ...this.#writesInFlight,
      ...this.#reads.take(Infinity),
      ...this.#writes.take(Infinity),
    ];
    this.#readsInFlight = [];
    this.#writesInFlight = [];
    for (const { reject } of calls) reject(this.#gone);
  }
}

function settle(calls: readonly PendingCall[], answers: readonly Answer[]): void {
  calls.forEach(({ resolve, reject }, n) => {
    const answer = answers[n];
    if (answer?.[0] === true) resolve(answer[1]);
    else reject(unavailable(answer?.[1] ?? 'no answer', answer?.[2] ?? null));
  });
}

function unavailable(fault: string, code: number | null): StoreUnavailableError {
  const cause = Object.assign(new Error(fault), { errcode: code });
  return new StoreUnavailableError(`The store operation failed: ${fault}`, { cause });
}
