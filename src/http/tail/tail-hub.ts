import { randomBytes } from 'node:crypto';
import type { Response } from 'express';
import type { Clock, Timer } from '../../clock';
import { HeraldError } from '../../errors';
import type { EventBus, NamedEvent } from '../../events';
import { onClose } from '../disconnect';
import { TailBatches } from './tail-batches';
import { blockOf, TailEvent, type TailFilter } from './tail-event';
import { TailReader } from './tail-reader';
import { type Missed, TailRing, type TailRingLimits } from './tail-ring';
import { StatsCounter } from './tail-stats';

const STATS_MS = 1000;
const KEEP_ALIVE_MS = 15_000;
/** Events are recorded for this long after the last reader has left, so that it can come back. */
const RECORD_MS = 60_000;
const KEEP_ALIVE = Buffer.from(': keep-alive\n\n');
const LIMITS: TailRingLimits = { maxEvents: 10_000, maxBytes: 8 * 1024 * 1024 };
const EVENT_ID = /^([0-9a-f]{1,32})-(\d{1,15})$/;

export interface TailHubDeps {
  readonly events: EventBus;
  readonly clock: Clock;
  /** Readers at once. */
  readonly maxTails: number;
  /** Pushes under way. */
  readonly inFlight: () => number;
  readonly limits?: TailRingLimits;
  /** What all readers together are sent in a second at most. */
  readonly bytesPerSecond?: number;
}

/** A time of recording: from the first reader that comes to the end of the last one's absence. */
interface Recording {
  /** Tells event ids of one recording from those of another. */
  readonly epoch: string;
  readonly ring: TailRing;
  readonly stats: StatsCounter;
  readonly stopListening: () => void;
}

/**
 * Sends events to all who read them. It listens only while somebody reads, and a minute longer: a server that nobody
 * watches pays nothing for it. A reader that comes back later than that is told that its events are gone.
 */
export class TailHub {
  readonly #readers = new Set<TailReader>();
  readonly #batches: TailBatches;
  #recording: Recording | null = null;
  #timers: readonly Timer[] = [];
  #lastStatsAt = 0;
  #isClosed = false;

  constructor(private readonly deps: TailHubDeps) {
    const { bytesPerSecond } = deps;
    const gap = (missed: number) => this.#gap(missed);
    this.#batches = new TailBatches({ gap, ...(bytesPerSecond !== undefined && { bytesPerSecond }) });
  }

  /** How many read. */
  get size(): number {
    return this.#readers.size;
  }

  /** Whether events are recorded. */
  get isRecording(): boolean {
    return this.#recording !== null;
  }

  /**
   * Sends events to `res`, whose head is yet to be sent, until it closes.
   *
   * @param lastEventId of a reader that was here before
   * @param expiresAt unix milliseconds at which the stream is ended, or within a second after
   * @throws HeraldError `too_many_tails`, `shutting_down`
   */
  add(res: Response, filter: TailFilter, lastEventId: string | undefined, expiresAt = Infinity): void {
    if (this.#isClosed) throw new HeraldError('shutting_down', 'The server is shutting down');
    if (this.#readers.size >= this.deps.maxTails) {
      throw new HeraldError(
        'too_many_tails',
        `The limit of ${this.deps.maxTails} readers of /tail at once is reached`,
      );
    }
    // Who it is may have taken a while to find out.
    if (res.req.socket.destroyed) return;
    // The stream ends with its connection: framing every write costs as much as the write.
    res.removeHeader('Transfer-Encoding');
    res.writeHead(200, {
      Connection: 'close',
      'Content-Type': 'text/event-stream; charset=utf-8',
      'Cache-Control': 'no-store',
      // Some reverse proxies would wait for more before they pass anything on.
      'X-Accel-Buffering': 'no',
    });
    res.flushHeaders();
    const recording = (this.#recording ??= this.#record());
    const reader = new TailReader(res, filter, expiresAt);
    this.#batches.add(reader);
    this.#readers.add(reader);
    if (this.#readers.size === 1) this.#startTimers();
    onClose(res, () => this.#remove(reader));
    if (lastEventId !== undefined) this.#replay(reader, recording, lastEventId);
  }

  /** Ends all streams, for good. */
  close(): void {
    this.#isClosed = true;
    this.#batches.flush();
    for (const reader of this.#readers) reader.end();
    this.#readers.clear();
    this.#cancelTimers();
    this.#stopRecording();
  }

  #replay(reader: TailReader, { epoch, ring }: Recording, lastEventId: string): void {
    const [, givenEpoch, number] = EVENT_ID.exec(lastEventId) ?? [];
    const missed = ring.since(givenEpoch === epoch ? Number(number) : null);
    // Writing to a response does not reject; it closes, and the reader is removed.
    void reader.replay(gapBlock(missed, epoch), missed.events);
  }

  #record(): Recording {
    return {
      epoch: randomBytes(6).toString('hex'),
      ring: new TailRing(this.deps.limits ?? LIMITS),
      stats: new StatsCounter(),
      stopListening: this.deps.events.on((named) => this.#onEvent(named)),
    };
  }

  #onEvent(named: NamedEvent): void {
    if (!this.#recording) return;
    const { epoch, ring, stats } = this.#recording;
    const event = new TailEvent(named, `${epoch}-${ring.last + 1}`);
    ring.add(event);
    stats.note(named);
    this.#batches.offer(event);
  }

  #remove(reader: TailReader): void {
    this.#readers.delete(reader);
    this.#batches.remove(reader);
    if (this.#readers.size > 0 || this.#isClosed) return;
    this.#cancelTimers();
    this.#timers = [this.deps.clock.setTimer(() => this.#stopRecording(), RECORD_MS)];
  }

  #stopRecording(): void {
    this.#recording?.stopListening();
    this.#recording = null;
  }

  #startTimers(): void {
    this.#cancelTimers();
    this.#recording?.stats.take(STATS_MS, 0);
    this.#lastStatsAt = this.deps.clock.monotonicMs();
    const timers: Timer[] = [];
    const repeat = (place: number, ms: number, task: () => void) => {
      timers[place] = this.deps.clock.setTimer(() => {
        repeat(place, ms, task);
        task();
      }, ms);
    };
    repeat(0, STATS_MS, () => {
      this.#endExpired();
      this.#sendStats();
    });
    repeat(1, KEEP_ALIVE_MS, () => this.#keepAlive());
    this.#timers = timers;
  }

  #cancelTimers(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers = [];
  }

  #sendStats(): void {
    if (!this.#recording) return;
    const now = this.deps.clock.monotonicMs();
    const stats = this.#recording.stats.take(now - this.#lastStatsAt, this.deps.inFlight());
    this.#lastStatsAt = now;
    this.#sendToAll(blockOf('stats', stats));
  }

  #endExpired(): void {
    const now = this.deps.clock.now();
    for (const reader of this.#readers) {
      if (reader.expiresAt > now) continue;
      this.#remove(reader);
      reader.end();
    }
  }

  #keepAlive(): void {
    for (const reader of this.#readers) reader.cutIfStuck();
    this.#sendToAll(KEEP_ALIVE);
  }

  #gap(missed: number): Buffer {
    const { epoch = '', ring } = this.#recording ?? {};
    return blockOf('gap', { missed }, `${epoch}-${ring?.last ?? 0}`);
  }

  #sendToAll(block: Buffer): void {
    for (const reader of this.#readers) reader.send(block);
  }
}

/** Says that events are gone; its id is that of the last one before those that follow. */
function gapBlock({ lost, before }: Missed, epoch: string): Buffer | null {
  return lost === 0 ? null : blockOf('gap', { missed: lost }, `${epoch}-${before}`);
}
