import { Mutex } from 'async-mutex';
import type { Timer } from '../clock';
import { buildEnvelope } from '../delivery/envelope';
import type { RetrySettings } from '../delivery/retry-policy';
import type { Logger } from '../logger';
import type { PendingMessage } from '../model';
import type { Epoch } from '../delivery/circuit-breaker';
import type { PushResult } from '../delivery/push-client';
import type { Attempts } from './attempts';
import { BacklogFeed, type BacklogFeedDeps } from './backlog-feed';
import type { DrainHost } from './drain-host';
import { PushWindow } from './push-window';
import { Refusals } from './refusals';
import { WakeUp } from './wake-up';

/** After a failure of the store, or of getting a turn, it is tried again after this. */
const PAUSE_MS = 1000;
/** A publish waits for the end of the backlog when it has at most this many messages for each push at once. */
const MAX_AHEAD = 2;
/** More received messages than this are not left unmarked. */
const MAX_UNMARKED = 2048;

export interface BacklogDrainDeps extends BacklogFeedDeps {
  readonly log: Logger;
  readonly attempts: Attempts;
  readonly retry: RetrySettings;
  readonly pushTimeoutMs: number;
}

/**
 * Pushes a subscriber's backlog in the order of its positions: page by page, as many at once as the slow start allows,
 * and after a failure from the oldest one again. It works while there is something to do and sleeps until a timer or `wake`.
 */
export class BacklogDrain {
  // One run at a time: from "the backlog is empty" to "live" must be one step, in which nothing else reads, rewinds or
  // pushes. Held for as long as there is something to do.
  readonly #mutex = new Mutex();
  readonly #feed: BacklogFeed;
  readonly #refusals: Refusals;
  readonly #window = new PushWindow();
  #inFlight = 0;
  #mustRewind = true;
  #pauseUntil = 0;
  #timer: Timer | null = null;
  #isStopped = false;
  readonly #progress = new WakeUp();

  constructor(
    private readonly deps: BacklogDrainDeps,
    private readonly host: DrainHost,
  ) {
    this.#feed = new BacklogFeed(deps, host.url, () => host.readBound());
    this.#refusals = new Refusals(deps.retry.messageDelaysMs);
  }

  /** By the monotonic clock: before it nothing is pushed, for another reason than the circuit; 0 when there is none. */
  get pauseUntil(): number {
    return this.#pauseUntil;
  }

  /** Something changed: looks whether there is something to do now. */
  wake(): void {
    this.#progress.wake();
    if (this.host.mode.isLeavingBacklog && this.#inFlight === 0) this.host.onEmpty();
    if (this.#mutex.isLocked() || this.#isStopped || !this.host.mode.mayDrain) return;
    this.#timer?.cancel();
    this.#timer = null;
    void this.#mutex
      .runExclusive(() => this.#run())
      .catch((error: unknown) => this.#failed(error))
      .finally(() => this.#sleep());
  }

  /** Begins with the oldest message again, after `pauseMs`. */
  rewind(pauseMs = 0): void {
    this.#mustRewind = true;
    this.#feed.release();
    if (pauseMs > 0) this.#pause(pauseMs);
  }

  /** A message was refused when it was pushed live: its next attempt is the second. */
  noteRefusal(messageId: string): void {
    this.#pause(this.#refusals.note(messageId, this.deps.clock.monotonicMs()) ?? 0);
  }

  /** Leaves out what was received by another way. */
  forget(positions: readonly string[], upTo?: string): void {
    this.#feed.forget(positions, upTo);
  }

  /** Begins no further push; resolves when those under way have ended. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#timer?.cancel();
    this.#progress.wake();
    while (this.#inFlight > 0) await this.#progress.sleep();
  }

  async #run(): Promise<void> {
    while (this.host.mode.mayDrain && !this.#isStopped && this.#waitMs() <= 0) {
      if (await this.#prepareTurn()) await this.#turn();
    }
  }

  /** Sets the timer to the next due time; without one, `wake` is waited for. */
  #sleep(): void {
    if (this.#isStopped) return;
    this.#timer?.cancel();
    // Nothing of what was read is kept for as long as it is not pushed.
    if (!this.host.mode.mayDrain) this.rewind();
    else this.#timer = this.deps.clock.setTimer(() => this.wake(), Math.max(0, this.#waitMs()));
  }

  #waitMs(): number {
    const now = this.deps.clock.monotonicMs();
    return Math.max(
      this.host.mode.health.circuit.retryAt - now,
      this.#pauseUntil - now,
      this.host.mode.pacer.waitMs,
    );
  }

  /** Waits until a turn can do something; false when it has to be looked again whether anything may be done. */
  async #prepareTurn(): Promise<boolean> {
    const { mode, marker } = this.host;
    const isAlone = this.#mustRewind || mode.health.circuit.isOpen;
    const limit = isAlone ? 1 : Math.min(this.#window.size, mode.maxInFlight);
    if (this.#inFlight >= limit) {
      await this.#progress.sleep();
      return false;
    }
    if (this.#mustRewind) await this.#goBack();
    else if (marker.waiting > MAX_UNMARKED) await marker.flushed();
    return mode.mayDrain && !this.#isStopped;
  }

  /** To be called with nothing under way: what is neither received nor marked would be read, and pushed, once more. */
  async #goBack(): Promise<void> {
    await this.host.marker.flushed();
    this.#mustRewind = false;
    this.#window.reset();
    this.#feed.reset(this.host.mode.asideUpTo);
  }

  async #turn(): Promise<void> {
    // A push has failed since this turn was found possible; those under way end first.
    if (this.#mustRewind) return;
    const next = this.#feed.peek();
    if (next) await this.#pushInTurn(next);
    else await this.#readOn();
  }

  async #pushInTurn(message: PendingMessage): Promise<void> {
    const dueAt = this.#refusals.dueAt(message.id);
    if (dueAt !== undefined) {
      // Alone, so that nothing overtakes it and its outcome is its own.
      if (this.#inFlight > 0) return this.#progress.sleep();
      const waitMs = dueAt - this.deps.clock.monotonicMs();
      if (waitMs > 0) {
        this.#pause(waitMs);
        return;
      }
    }
    this.#feed.take();
    // The next one is sent behind it, not beside it: a connection that is still being opened would be overtaken.
    await new Promise<void>((resolve) => {
      void this.#push(message, dueAt === undefined ? resolve : () => undefined).finally(resolve);
    });
  }

  async #readOn(): Promise<void> {
    const { host } = this;
    const storedBefore = host.storedCount;
    try {
      await this.#feed.fill();
    } catch (error) {
      this.deps.log.warn({ subscriber: host.url, err: error }, 'backlog.read_failed');
      this.rewind(PAUSE_MS);
      return;
    }
    // A push has failed meanwhile: what was read is not the end.
    if (this.#mustRewind) return;
    const isShort = this.#feed.buffered <= MAX_AHEAD * host.mode.maxInFlight;
    host.onEndInSight(this.#feed.isAtEnd && isShort);
    if (this.#feed.buffered > 0 || !this.#feed.isAtEnd) return;
    if (this.#inFlight > 0 || host.isAnyUnsettled) await this.#progress.sleep();
    else if (host.storedCount === storedBefore) {
      this.#refusals.clear();
      this.#mustRewind = true;
      host.onEmpty();
    }
  }

  async #push(message: PendingMessage, onSent: () => void): Promise<void> {
    const { host } = this;
    const { attempts, pushTimeoutMs } = this.deps;
    this.#inFlight += 1;
    host.mode.pacer.take();
    const { epoch } = host.mode.health.circuit;
    try {
      const envelope = buildEnvelope(message);
      const options = { onSent, isPatient: true, isProven: host.mode.health.isProven };
      const result = await attempts.make(host.url, message.topic, envelope, pushTimeoutMs, options);
      await this.#learn(message, result, epoch);
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#inFlight -= 1;
      this.wake();
    }
  }

  async #learn(message: PendingMessage, result: PushResult, epoch: Epoch): Promise<void> {
    const verdict = this.host.mode.health.learn(result, epoch);
    if (verdict === 'received') {
      this.#refusals.delete(message.id);
      const { id, position } = message;
      void this.host.marker.add({ id, position });
      this.#window.received(result.durationMs, this.host.mode.maxInFlight);
      return;
    }
    if (verdict === 'refused') await this.#refused(message, `${result.outcome} ${String(result.status)}`);
    else this.rewind(verdict === 'none' ? PAUSE_MS : 0);
    this.host.onFailed(result);
  }

  /** Neither a store that fails nor a mistake of this program ends the redelivery for good. */
  #failed(error: unknown): void {
    this.deps.log.error({ subscriber: this.host.url, err: error }, 'backlog.drain_failed');
    this.rewind(PAUSE_MS);
  }

  async #refused(message: PendingMessage, reason: string): Promise<void> {
    const waitMs = this.#refusals.note(message.id, this.deps.clock.monotonicMs());
    if (waitMs !== null) {
      this.rewind(waitMs);
      return;
    }
    await this.host.mode.setAside(message, reason);
    this.#refusals.delete(message.id);
    // What made a rewind necessary may stand before it, so the next drain begins there, and its copy says that it is aside.
    if (!this.#mustRewind) await this.host.mode.pushBehind(message.position);
  }

  #pause(ms: number): void {
    this.#pauseUntil = Math.max(this.#pauseUntil, this.deps.clock.monotonicMs() + ms);
  }
}
