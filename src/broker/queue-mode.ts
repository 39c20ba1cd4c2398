import type { Clock } from '../clock';
import type { Pacer } from '../delivery/pacer';
import type { EventBus } from '../events';
import type { Logger } from '../logger';
import type { Outcome, PendingMessage, QueueState, SubscriberRecord, SubscriberSettings } from '../model';
import type { MessageStore } from '../store/message-store';
import { formatTime, oneBefore } from '../timestamp';
import type { LastError, SubscriberHealth } from './subscriber-health';

export interface QueueModeDeps {
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: EventBus;
  /** The subscriber's record as it is now. */
  readonly recordOf: (url: string) => SubscriberRecord;
  readonly settingsOf: (url: string) => SubscriberSettings;
  /** Pushes under way at once to one subscriber at most, whatever it sets. */
  readonly maxShare: number;
  /** Whether it is subscribed to anything: others keep their backlog, and are not pushed. */
  readonly isSubscribed: (url: string) => boolean;
  /** Changes the record; it holds at once, and a failure to store it is the callee's to handle. */
  readonly change: (url: string, changes: Partial<SubscriberRecord>) => Promise<void>;
}

/** How a queue stands. */
export interface QueueStatus {
  readonly state: QueueState;
  /** Live pushes under way. */
  readonly inFlight: number;
  readonly lastError: LastError | null;
  /** Unix milliseconds since when no push has succeeded; null while they do. */
  readonly failingSince: number | null;
  /** When it is tried next; null when nothing is planned. */
  readonly nextAttemptAt: string | null;
}

/** More publishes than this do not wait for their turn, nor for the end of a backlog: each is held in memory. */
const MAX_WAITING = 1000;

/** What is under way to a subscriber. */
export interface Load {
  readonly inFlight: number;
  /** Publishes that wait for their turn. */
  readonly waiting: number;
}

/** Which state a subscriber is in, and what that means for its messages. */
export class QueueMode {
  #isBehind = false;
  #isCatchingUp = false;
  /** As it was logged last. */
  #logged: QueueState;

  constructor(
    private readonly deps: QueueModeDeps,
    private readonly url: string,
    readonly health: SubscriberHealth,
    readonly pacer: Pacer,
  ) {
    this.#logged = this.state;
  }

  get settings(): SubscriberSettings {
    return this.deps.settingsOf(this.url);
  }

  /** Pushes under way at once at most. */
  get maxInFlight(): number {
    return Math.min(this.settings.maxInFlight, this.deps.maxShare);
  }

  /** The backlog may hold something to push. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Whether a queue made anew would be in the same state, and push no sooner, so that this one need not be kept. */
  get isAsNew(): boolean {
    const isUnburdened = !this.#isBehind || this.#commanded === 'poll';
    return isUnburdened && this.health.circuit.failingSince === null && this.pacer.waitMs === 0;
  }

  get state(): QueueState {
    const commanded = this.#commanded;
    if (commanded) return commanded;
    // What is left of an ended subscription is polled, or expires.
    if (this.#isBehind && !this.deps.isSubscribed(this.url)) return 'poll';
    if (this.health.circuit.isOpen) return 'offline';
    return this.#isBehind ? 'draining' : 'live';
  }

  /** Whether the backlog may be pushed, when its time has come. */
  get mayDrain(): boolean {
    const { state } = this;
    const isPushed = state === 'draining' || state === 'offline';
    return this.#isBehind && isPushed && this.settings.redelivery;
  }

  /** Redelivery was turned off with something in the backlog: what is left there is not pushed any more. */
  get isLeavingBacklog(): boolean {
    return this.#isBehind && !this.settings.redelivery;
  }

  /** Why a message that comes now goes to the backlog; null when it is pushed, be it after a wait. */
  refusal(load: Load): Outcome | null {
    const { state } = this;
    switch (state) {
      case 'disabled':
      case 'paused':
        return state;
      case 'poll':
        return 'poll_only';
      case 'offline':
        return this.#isNextTheProbe(load) ? null : 'circuit_open';
      case 'draining':
        return this.#isCatchingUp && load.waiting < MAX_WAITING ? null : 'queued';
      case 'live':
        return this.#isHeldUp(load) ? 'queued' : null;
    }
  }

  fallBehind(): void {
    if (this.settings.redelivery) this.#isBehind = true;
  }

  caughtUp(): void {
    this.#isBehind = false;
    this.#isCatchingUp = false;
  }

  /** From now on new messages do not wait for the end of the backlog, but go there. */
  giveUpCatchingUp(): void {
    this.#isCatchingUp = false;
  }

  /**
   * The backlog is short: new messages may wait for its end rather than go there, unless it is known that they would
   * wait for long.
   *
   * @param pauseUntil by the monotonic clock: before it the backlog is not pushed
   */
  updateCatchingUp(pauseUntil = 0): void {
    const isPaused = pauseUntil > this.deps.clock.monotonicMs();
    const isHeldUp = this.health.circuit.isHeld || isPaused || this.pacer.perSecond !== null;
    this.#isCatchingUp = this.state === 'draining' && !isHeldUp;
  }

  /** @param pauseUntil by the monotonic clock: before it the backlog is not pushed */
  status({ inFlight }: Load, pauseUntil = 0): QueueStatus {
    const { lastError, circuit } = this.health;
    const { clock } = this.deps;
    const waitMs = Math.max(circuit.retryAt, pauseUntil) - clock.monotonicMs();
    const nextAttemptAt = this.mayDrain && waitMs > 0 ? formatTime(clock.now() + waitMs) : null;
    return { state: this.state, inFlight, lastError, failingSince: circuit.failingSince, nextAttemptAt };
  }

  /** Pending messages up to this position are not pushed; null: there are none. */
  get asideUpTo(): string | null {
    return this.deps.recordOf(this.url).asideUpTo;
  }

  /**
   * A message was stored at `position`. Where that is among those that are not pushed any more, it is pushed with what is
   * behind it; which of those were set aside, their copies say.
   *
   * @returns null when it is not; otherwise resolves when that holds over a restart, too
   */
  pushFrom(position: string): Promise<void> | null {
    const { asideUpTo } = this;
    if (asideUpTo === null || position > asideUpTo) return null;
    return this.deps.change(this.url, { asideUpTo: oneBefore(position) });
  }

  /** Nothing up to this position is pushed any more; it stays pending. */
  pushBehind(position: string): Promise<void> {
    return this.deps.change(this.url, { asideUpTo: position });
  }

  /** The message is not pushed any more, and stays pending. Rejects when that cannot be stored. */
  async setAside({ id, position }: PendingMessage, reason: string): Promise<void> {
    await this.deps.store.setAside(this.url, position, reason);
    const { log, events, clock } = this.deps;
    log.warn({ subscriber: this.url, message_id: id, reason }, 'message.set_aside');
    if (events.hasListeners) {
      const at = formatTime(clock.now());
      events.emit('message.set_aside', { messageId: id, subscriber: this.url, reason, at });
    }
  }

  /** Logs and tells the state when it is another one than before. */
  noteState(): void {
    const { state } = this;
    if (state === this.#logged) return;
    const { log, events, clock } = this.deps;
    const change = { subscriber: this.url, from: this.#logged, to: state };
    log.info(change, 'subscriber.state_changed');
    if (events.hasListeners) {
      events.emit('subscriber.state_changed', { ...change, at: formatTime(clock.now()) });
    }
    this.#logged = state;
  }

  /** A message that comes now would wait for longer than it may, or with too many others. */
  #isHeldUp({ waiting }: Load): boolean {
    return this.health.circuit.isHeld || this.pacer.waitMs > 0 || waiting >= MAX_WAITING;
  }

  get #commanded(): QueueState | null {
    return commandedState(this.deps.recordOf(this.url), this.settings);
  }

  /** With nothing in the backlog to probe with, the next message is the probe. */
  #isNextTheProbe({ inFlight }: Load): boolean {
    const isDue = this.health.circuit.retryAt <= this.deps.clock.monotonicMs();
    return isDue && !this.#isBehind && inFlight === 0;
  }
}

/** The state that a subscriber is in whatever its endpoint does; null when that decides. */
export function commandedState(
  { disabled }: Pick<SubscriberRecord, 'disabled'>,
  { paused, delivery }: SubscriberSettings,
): QueueState | null {
  if (disabled) return 'disabled';
  if (paused) return 'paused';
  return delivery === 'poll' ? 'poll' : null;
}
