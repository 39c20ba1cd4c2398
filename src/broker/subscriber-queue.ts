import type { Epoch } from '../delivery/circuit-breaker';
import type { PushResult } from '../delivery/push-client';
import type { Outcome } from '../model';
import { formatTimestamp } from '../timestamp';
import { BacklogDrain } from './backlog-drain';
import { BacklogWriter } from './backlog-writer';
import type { DrainHost } from './drain-host';
import { LiveDeliveries, type LiveHost, missedAs, missedWith } from './live-deliveries';
import { newQueueMode } from './new-queue-mode';
import { OnTheWay } from './on-the-way';
import type { SubscriberQueueDeps } from './queue-deps';
import type { QueueMode, QueueStatus } from './queue-mode';
import { type DeliveryReport, type Missed, type Publication, QueuedDelivery } from './queued-delivery';
import { ReceivedMarker } from './received-marker';
import { SecondLook, type SecondLookHost } from './second-look';

/**
 * One subscriber's state machine: whether a message is pushed now, waits for its turn, or goes to the backlog.
 *
 * ```
 *             push failed                  5th failure in a row
 *   live ───────────────────▶ draining ───────────────────────▶ offline
 *    ▲                         │    ▲                              │
 *    └─────────────────────────┘    └──────────────────────────────┘
 *          backlog is empty                 a probe succeeded
 *
 *   any ── paused / 410, or 5 days without a success ──▶ paused / disabled ── resumed / subscribed again ──▶ draining
 * ```
 *
 * live: pushed at once. draining: the backlog is pushed, new messages queue behind it. offline: the circuit is open, new
 * messages go to the backlog, one probe at a time. paused, disabled, poll: everything goes to the backlog.
 */
export class SubscriberQueue implements DrainHost, LiveHost, SecondLookHost {
  readonly mode: QueueMode;
  readonly marker: ReceivedMarker;
  readonly writer: BacklogWriter;
  readonly #live: LiveDeliveries;
  readonly #onTheWay = new OnTheWay();
  /** Made when needed: most subscribers are live most of the time. */
  #drain: BacklogDrain | null = null;
  #secondLook: SecondLook | null = null;
  #storedCount = 0;

  constructor(
    private readonly deps: SubscriberQueueDeps,
    readonly url: string,
  ) {
    this.mode = newQueueMode(deps, url);
    this.writer = new BacklogWriter(deps, url);
    this.#live = new LiveDeliveries(deps, this);
    this.marker = new ReceivedMarker(deps, url, (change) => this.writer.removing(change));
  }

  get status(): QueueStatus {
    return this.mode.status(this.#live, this.#drain?.pauseUntil);
  }

  /** Whether it knows nothing that a new one would not know. */
  get isDisposable(): boolean {
    const isQuiet = this.#onTheWay.size === 0 && this.writer.isIdle && this.marker.isIdle;
    return isQuiet && this.#secondLook?.isIdle !== false && this.mode.isAsNew;
  }

  /**
   * Holds the place of a message that will be published with this timestamp (unix microseconds): nobody reads past it
   * until it is accepted and settled, or `release` is called.
   */
  reserve(micros: number): void {
    this.#onTheWay.reserve(micros);
  }

  release(micros: number): void {
    if (!this.#onTheWay.release(micros)) return;
    this.deps.onSettled(this.url);
    if (this.mode.isBehind) this.#drainer.wake();
  }

  /** Takes a message that was just published. To be called in the task that gave it its timestamp. */
  accept(publication: Publication): QueuedDelivery {
    const delivery = this.#newDelivery(publication);
    const refusal = this.mode.refusal(this.#live);
    if (refusal === null) this.#enqueue(delivery);
    else this.#keep(delivery, refusal);
    return delivery;
  }

  /** Like `accept`, for a message whose copy has to be in the backlog before it is pushed. */
  acceptStored(publication: Publication): QueuedDelivery {
    const delivery = this.#newDelivery(publication);
    const refusal = this.mode.refusal(this.#live);
    if (refusal !== null) this.#keep(delivery, refusal);
    else {
      void delivery.store().then((written) => {
        if (!written.stored || this.mode.isBehind || this.mode.refusal(this.#live) !== null) {
          this.onMissed(delivery, missedAs('queued'));
        } else this.#enqueue(delivery);
      });
    }
    return delivery;
  }

  /** There may be a backlog from an earlier process: begins with it after `delayMs`. */
  resumeAfter(delayMs: number): void {
    this.mode.fallBehind();
    this.#drainer.rewind(delayMs);
    this.mode.noteState();
    this.#drainer.wake();
  }

  /** The settings, the record or the subscriptions have changed: what was kept back before is looked for. */
  changed(): void {
    this.mode.pacer.perSecond = this.mode.settings.maxPerSecond;
    this.mode.fallBehind();
    this.#drain?.rewind();
    this.#drainer.wake();
    this.#updateCatchingUp();
    this.mode.noteState();
  }

  /** It subscribed again after it was disabled. */
  enabled(): void {
    this.mode.health.circuit.succeeded();
    this.changed();
  }

  /** Some of the backlog, or all of it, was deleted. What is left is read anew: something may have come meanwhile. */
  purged(): void {
    this.#drain?.rewind();
    this.#drain?.wake();
  }

  /** Copies were received by another way than a push. */
  received(positions: readonly string[], upTo?: string): void {
    this.#drain?.forget(positions, upTo);
  }

  /** Begins no further push; resolves when those under way have ended and what they brought is stored. */
  async stop(): Promise<void> {
    this.#flushLine(missedAs('queued'));
    this.#secondLook?.stop();
    await this.#drain?.stop();
    this.marker.stop();
    await this.marker.flushed();
  }

  // What the drain asks for and tells.

  readBound(): string {
    return formatTimestamp(this.#onTheWay.first ?? this.deps.timestamps.next());
  }

  get isAnyUnsettled(): boolean {
    return this.#onTheWay.size > this.#live.waiting;
  }

  get storedCount(): number {
    return this.#storedCount;
  }

  onEndInSight(isInSight: boolean): void {
    if (isInSight) this.mode.updateCatchingUp();
    else this.#flushLine(missedAs('queued'));
  }

  onEmpty(): void {
    this.mode.caughtUp();
    this.mode.noteState();
    this.#live.serve();
  }

  onFailed(missed: Missed): void {
    // Without redelivery they would never be pushed: they have their turn once this push has ended.
    if (!this.mode.isLeavingBacklog) this.#flushLine({ ...missedWith(missed), durationMs: 0 });
    this.#updateCatchingUp();
    this.mode.noteState();
  }

  // What the live deliveries ask for and tell.

  onAttempted(delivery: QueuedDelivery, result: PushResult, epoch: Epoch): void {
    const verdict = this.mode.health.learn(result, epoch);
    if (verdict === 'received') void this.#delivered(delivery, result);
    else {
      if (verdict === 'refused') this.#drainer.noteRefusal(delivery.publication.message.id);
      this.mode.fallBehind();
      this.onMissed(delivery, missedWith(result));
      this.#updateCatchingUp();
    }
    this.mode.noteState();
  }

  onMissed(delivery: QueuedDelivery, missed: Missed): void {
    void delivery.store().then((written) => {
      if (written.stored) {
        this.#storedCount += 1;
        this.mode.fallBehind();
      }
      this.#settle(delivery, delivery.reportOf(missed, written));
      if (this.#live.waiting > 0) this.#hasten();
      else if (this.mode.isBehind) this.#drainer.wake();
    });
  }

  // The way of a message.

  get #drainer(): BacklogDrain {
    this.#drain ??= new BacklogDrain(this.deps, this);
    return this.#drain;
  }

  #newDelivery(publication: Publication): QueuedDelivery {
    const isHeld = this.#onTheWay.add(publication.micros);
    const isLate = !publication.isNew && !isHeld;
    return new QueuedDelivery(this.url, publication, async () => {
      const written = await this.writer.write(publication.copies, this.mode.settings.backlog, isLate);
      if (written.error) (this.#secondLook ??= new SecondLook(this.deps, this)).schedule();
      if (written.stored && isLate) this.deps.late.stored(this.url, publication.message);
      const moved = written.stored ? this.mode.pushFrom(publication.message.timestamp) : null;
      // It stands among messages that were pushed, or set aside, before it came.
      if (isLate || moved) this.#drain?.rewind();
      // That it is stored promises that it will be pushed, if need be by the next process.
      await moved;
      return written;
    });
  }

  #settle(delivery: QueuedDelivery, report: DeliveryReport): void {
    this.#onTheWay.delete(delivery.publication.micros);
    delivery.settle(report);
    this.deps.onSettled(this.url);
  }

  #enqueue(delivery: QueuedDelivery): void {
    this.#live.add(delivery);
    if (this.mode.isBehind) this.#hasten();
  }

  async #delivered(delivery: QueuedDelivery, { status = 200, durationMs }: Missed): Promise<void> {
    const { url, writing, publication } = delivery;
    if (writing) await this.marker.addWritten(publication.message.id, await writing);
    this.#settle(delivery, { url, outcome: 'delivered', status, durationMs, stored: false, dropped: 0 });
    if (this.mode.isBehind) this.#drainer.wake();
  }

  #keep(delivery: QueuedDelivery, outcome: Outcome): void {
    // Those in the line came before it, and must be in the backlog before it.
    if (outcome === 'queued') {
      this.#flushLine(missedAs('queued'));
      this.mode.fallBehind();
    }
    this.onMissed(delivery, missedAs(outcome));
  }

  /** Somebody waits for the backlog, so it is tried at once; the circuit bounds how often that can be in vain. */
  #hasten(): void {
    this.mode.health.circuit.hasten();
    this.#drainer.wake();
  }

  #flushLine(missed: Missed): void {
    this.mode.giveUpCatchingUp();
    this.#live.flush(missed);
  }

  #updateCatchingUp(): void {
    this.mode.updateCatchingUp(this.#drain?.pauseUntil);
    const refusal = this.mode.refusal(this.#live);
    if (refusal !== null) this.#flushLine(missedAs(refusal));
  }
}
