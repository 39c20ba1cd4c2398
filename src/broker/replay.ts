import type { Clock } from '../clock';
import { buildEnvelope } from '../delivery/envelope';
import { HeraldError } from '../errors';
import type { Outcome, PendingMessage } from '../model';
import type { MessageStore } from '../store/message-store';
import type { Attempts } from './attempts';
import { readAt } from './backlog-reader';
import { KeyedMutex } from './keyed-mutex';
import type { Subscribers } from './subscribers';

export interface ReplayDeps {
  readonly store: MessageStore;
  readonly subscribers: Subscribers;
  readonly attempts: Attempts;
  readonly clock: Clock;
}

export interface ReplayOptions {
  readonly pushTimeoutMs: number;
  /** How long a received copy stays as history. */
  readonly receivedRetentionMs: number;
}

export interface ReplayResult {
  readonly outcome: Outcome;
  readonly status?: number;
  readonly durationMs: number;
  /** Whether it is marked received now. */
  readonly received: boolean;
}

/** Pushes one message of a backlog out of turn, because somebody asks for it. */
export class Replay {
  // Of two requests for one message, the second must find it received.
  readonly #mutex = new KeyedMutex();

  constructor(
    private readonly deps: ReplayDeps,
    private readonly options: ReplayOptions,
  ) {}

  /**
   * Pushes a pending message now, be it set aside, and whatever state its subscriber is in; marks it received when the
   * subscriber answers 2xx. What else it answers changes nothing for its queue. A subscriber that only polls has not
   * asked for pushes, and gets none: the outcome is `poll_only` then. A redelivery under way at the same time may push
   * the message, too.
   *
   * @throws HeraldError `message_not_found`; StoreUnavailableError
   */
  push(subscriber: string, id: string): Promise<ReplayResult> {
    return this.#mutex.runExclusive(`${subscriber} ${id}`, () => this.#push(subscriber, id));
  }

  async #push(subscriber: string, id: string): Promise<ReplayResult> {
    const message = await this.#find(subscriber, id);
    const { subscribers, attempts } = this.deps;
    if (subscribers.settingsOf(subscriber).delivery === 'poll') {
      return { outcome: 'poll_only', durationMs: 0, received: false };
    }
    const { pushTimeoutMs } = this.options;
    const { outcome, status, durationMs } = await attempts.make(
      subscriber,
      message.topic,
      buildEnvelope(message),
      pushTimeoutMs,
    );
    const received = outcome === 'delivered';
    if (received) await this.#markReceived(subscriber, message.position);
    return { outcome, ...(status !== undefined && { status }), durationMs, received };
  }

  async #find(subscriber: string, id: string): Promise<PendingMessage> {
    const { store, clock } = this.deps;
    const position = (await store.locate(subscriber, [id])).get(id);
    if (position !== undefined) {
      const [message] = await readAt(store, subscriber, [position], { maxBytes: 1, now: clock.now() });
      if (message?.id === id) return message;
    }
    throw new HeraldError('message_not_found', `No message ${id} is pending for ${subscriber}`);
  }

  async #markReceived(subscriber: string, position: string): Promise<void> {
    const { store, subscribers, clock } = this.deps;
    const expiresAt = clock.now() + this.options.receivedRetentionMs;
    const marking = () => store.markReceived(subscriber, [position], expiresAt);
    await subscribers.received(subscriber, marking, [position]);
  }
}
