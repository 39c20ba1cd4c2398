import type { Clock } from '../clock';
import { buildEnvelope } from '../delivery/envelope';
import type { Envelope, PushClient, PushResult } from '../delivery/push-client';
import type { PushLimiter } from '../delivery/push-limiter';
import { HeraldError, StoreUnavailableError } from '../errors';
import type { Logger } from '../logger';
import { newMessageId } from '../message-id';
import type { Message } from '../model';
import type { MessageStore, PutFailure } from '../store/message-store';
import { formatTimestamp } from '../timestamp';
import type { TimestampSource } from '../timestamp';
import type { Delivered, PublishResult, Undelivered } from './publish-result';
import type { SubscriptionManager } from './subscription-manager';

export interface MessageBrokerDeps {
  readonly subscriptions: SubscriptionManager;
  readonly store: MessageStore;
  readonly push: PushClient;
  /** Bounds the pushes under way over all subscribers. */
  readonly limiter: PushLimiter;
  readonly clock: Clock;
  readonly timestamps: TimestampSource;
  readonly log: Logger;
}

export interface MessageBrokerOptions {
  /** The deadline of one push, from connecting to the last byte of the answer. */
  readonly pushTimeoutMs: number;
  /** The largest message, in bytes. */
  readonly maxMessageBytes: number;
  /** How long a copy waits in a backlog before it expires. */
  readonly backlogRetentionMs: number;
}

/** `queued`: too many other pushes were under way for this one to get its turn. */
type AttemptResult =
  PushResult | { readonly outcome: 'queued'; readonly status?: number; readonly durationMs: number };

interface Attempt {
  readonly url: string;
  readonly result: AttemptResult;
}

/** Takes a message from its publisher to every subscriber of its topic. */
export class MessageBroker {
  /** The largest message, in bytes, that is accepted: the configured limit, or the store's where that is lower. */
  readonly maxMessageBytes: number;
  readonly #underway = new Set<Promise<PublishResult>>();

  constructor(
    private readonly deps: MessageBrokerDeps,
    private readonly options: MessageBrokerOptions,
  ) {
    this.maxMessageBytes = Math.min(options.maxMessageBytes, deps.store.maxMessageBytes);
  }

  /**
   * Pushes a message to all subscribers of the topic at once and stores a copy for each that did not receive it.
   * When it resolves, every subscriber either answered 2xx or has its copy durably in its backlog; where neither
   * holds, its outcome is `store_failed` with `stored: false`, and the publisher has to publish again.
   *
   * @param data JSON text; passed on byte for byte
   * @throws HeraldError `topic_not_found` when nobody subscribes to the topic, `message_too_large`
   */
  publish(topic: string, data: string): Promise<PublishResult> {
    const publishing = this.#publish(topic, data);
    this.#underway.add(publishing);
    const done = () => this.#underway.delete(publishing);
    publishing.then(done, done);
    return publishing;
  }

  /** Resolves when no publish is under way. */
  async drain(): Promise<void> {
    await Promise.allSettled(this.#underway);
  }

  async #publish(topic: string, data: string): Promise<PublishResult> {
    const subscribers = this.deps.subscriptions.subscribersOf(topic);
    if (subscribers.length === 0) {
      throw new HeraldError('topic_not_found', 'Topic either does not exist or has no subscribed endpoints');
    }
    if (Buffer.byteLength(data) > this.maxMessageBytes) {
      throw new HeraldError('message_too_large', `A message is at most ${this.maxMessageBytes} bytes`);
    }
    const startedAt = this.deps.clock.now();
    const message = this.#newMessage(topic, data);
    const envelope = buildEnvelope(message);
    const attempts = await Promise.all(subscribers.map((url) => this.#attempt(url, envelope, topic)));
    const missed = attempts.filter(({ result }) => result.outcome !== 'delivered');
    const failures = missed.length === 0 ? [] : await this.#store(message, missed);
    const result = outcomeOf(message, attempts, failures);
    this.#logPublish(result, failures, data, startedAt);
    return result;
  }

  #newMessage(topic: string, data: string): Message {
    const micros = this.deps.timestamps.next();
    return { id: newMessageId(micros), topic, timestamp: formatTimestamp(micros), data };
  }

  async #attempt(url: string, envelope: Envelope, topic: string): Promise<Attempt> {
    const result = await this.#pushWithinLimit(url, envelope);
    const { outcome, status, durationMs } = result;
    this.deps.log.info(
      { message_id: envelope.messageId, topic, subscriber: url, outcome, status, duration_ms: durationMs },
      'delivery.attempted',
    );
    return { url, result };
  }

  /** The deadline counts from here, so that waiting for a turn does not make a publish longer. */
  async #pushWithinLimit(url: string, envelope: Envelope): Promise<AttemptResult> {
    const { limiter, push, clock } = this.deps;
    const startedAt = clock.now();
    const hasTurn = await limiter.enter(this.options.pushTimeoutMs);
    const waitedMs = clock.now() - startedAt;
    if (!hasTurn) return { outcome: 'queued', durationMs: waitedMs };
    try {
      return await push.push(url, envelope, Math.max(1, this.options.pushTimeoutMs - waitedMs));
    } finally {
      limiter.leave();
    }
  }

  async #store(message: Message, missed: readonly Attempt[]): Promise<readonly PutFailure[]> {
    const expiresAt = this.deps.clock.now() + this.options.backlogRetentionMs;
    const copies = missed.map(({ url }) => ({ subscriber: url, expiresAt }));
    try {
      return await this.deps.store.put(message, copies);
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      return copies.map(({ subscriber }) => ({ subscriber, error }));
    }
  }

  #logPublish(result: PublishResult, failures: readonly PutFailure[], data: string, startedAt: number): void {
    const line = {
      message_id: result.id,
      topic: result.topic,
      data_bytes: Buffer.byteLength(data),
      delivered: result.delivered.length,
      undelivered: result.undelivered.length,
      store_failed: failures.length,
      duration_ms: this.deps.clock.now() - startedAt,
    };
    if (failures[0]) this.deps.log.error({ ...line, err: failures[0].error }, 'message.published');
    else this.deps.log.info(line, 'message.published');
  }
}

function outcomeOf(
  message: Message,
  attempts: readonly Attempt[],
  failures: readonly PutFailure[],
): PublishResult {
  const notStored = new Set(failures.map(({ subscriber }) => subscriber));
  const delivered: Delivered[] = [];
  const undelivered: Undelivered[] = [];
  for (const { url, result } of attempts) {
    const { outcome, status, durationMs } = result;
    if (outcome === 'delivered') {
      delivered.push({ url, status: status ?? 200, durationMs });
      continue;
    }
    const stored = !notStored.has(url);
    undelivered.push({
      url,
      outcome: stored ? outcome : 'store_failed',
      ...(status !== undefined && { status }),
      stored,
    });
  }
  const { id, topic, timestamp } = message;
  return { id, topic, timestamp, delivered, undelivered };
}
