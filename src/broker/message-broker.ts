import { type Clock, settledWithin } from '../clock';
import { buildEnvelope } from '../delivery/envelope';
import { HeraldError } from '../errors';
import type { EventBus } from '../events';
import { type Logger, plainLines } from '../logger';
import { newMessageId } from '../message-id';
import type { Message } from '../model';
import type { MessageStore } from '../store/message-store';
import { formatTimestamp } from '../timestamp';
import type { TimestampSource } from '../timestamp';
import type { TraceContext } from '../trace-context';
import { MessageCopies } from './message-copies';
import { type PublishResult, publishResult } from './publish-result';
import type { DeliveryReport, Publication, QueuedDelivery } from './queued-delivery';
import type { Subscribers } from './subscribers';
import type { SubscriptionManager } from './subscription-manager';

export interface MessageBrokerDeps {
  readonly subscriptions: SubscriptionManager;
  readonly subscribers: Subscribers;
  readonly store: MessageStore;
  readonly clock: Clock;
  readonly timestamps: TimestampSource;
  readonly log: Logger;
  readonly events: EventBus;
}

export interface MessageBrokerOptions {
  /** How long a publish waits for a push, its turn included. */
  readonly pushTimeoutMs: number;
  /** The largest message, in bytes. */
  readonly maxMessageBytes: number;
}

/** What a message is known by. */
export interface Identity {
  readonly id: string;
  /** Its timestamp in unix microseconds. */
  readonly micros: number;
}

export interface PublishOptions {
  /** Answer as soon as the message is stored for every subscriber, and push it then. */
  readonly respondAsync?: boolean;
  /** Wait at most this long for outcomes; what is still under way then is stored. */
  readonly waitMs?: number;
  /** The message's identity, when it is not a new one. */
  readonly identity?: Identity;
  /** How many servers of this kind it passed before. */
  readonly hops?: number;
  /** Passed on with the message's pushes. */
  readonly trace?: TraceContext;
  /** Names the request in the log. */
  readonly requestId?: string;
}

/** Takes a message from its publisher to every subscriber of its topic. */
export class MessageBroker {
  /** The largest message, in bytes, that is accepted: the configured limit, or the store's where that is lower. */
  readonly maxMessageBytes: number;
  readonly #underway = new Set<Promise<unknown>>();
  readonly #lines: Logger;

  constructor(
    private readonly deps: MessageBrokerDeps,
    private readonly options: MessageBrokerOptions,
  ) {
    this.maxMessageBytes = Math.min(options.maxMessageBytes, deps.store.maxMessageBytes);
    this.#lines = plainLines(deps.log);
  }

  /**
   * Hands a message to the queue of every subscriber of the topic and waits for what becomes of it. When it resolves,
   * every subscriber either answered 2xx, or has its copy durably in its backlog, or its own limits dropped one; where
   * none of these holds, its outcome is `store_failed` with `stored: false`, and the publisher has to publish again.
   *
   * @param data JSON text; passed on byte for byte
   * @throws HeraldError `topic_not_found` when nobody subscribes to the topic, `message_too_large`
   */
  publish(topic: string, data: string, options: PublishOptions = {}): Promise<PublishResult> {
    return this.#track(this.#publish(topic, data, options));
  }

  /**
   * Checks what can be checked before publishing.
   *
   * @throws like `publish`
   */
  check(topic: string, data: string): readonly string[] {
    const subscribers = this.deps.subscriptions.subscribersOfKnown(topic);
    if (Buffer.byteLength(data) > this.maxMessageBytes) {
      throw new HeraldError('message_too_large', `A message is at most ${this.maxMessageBytes} bytes`);
    }
    return subscribers;
  }

  /**
   * Gives a message its identity before it is published, and holds its place with the topic's subscribers meanwhile.
   *
   * @returns `release` is to be called once the message was published, or is not going to be
   */
  reserve(topic: string, hops = 0): Identity & { release(): void } {
    const identity = this.#newIdentity(hops);
    const subscribers = this.deps.subscriptions.subscribersOf(topic);
    const queues = subscribers.map((url) => this.deps.subscribers.queueOf(url));
    for (const queue of queues) queue.reserve(identity.micros);
    return { ...identity, release: () => queues.forEach((queue) => queue.release(identity.micros)) };
  }

  /** Resolves when no publish is under way, nor a push that one began. */
  async drain(): Promise<void> {
    while (this.#underway.size > 0) await Promise.allSettled(this.#underway);
  }

  async #publish(topic: string, data: string, options: PublishOptions): Promise<PublishResult> {
    const urls = this.check(topic, data);
    const startedAt = this.deps.clock.monotonicMs();
    const publication = this.#newPublication(topic, data, options);
    // In the same task as the timestamp, so that every queue gets its messages in the order of their timestamps.
    const deliveries = urls.map((url) => {
      const queue = this.deps.subscribers.queueOf(url);
      return options.respondAsync ? queue.acceptStored(publication) : queue.accept(publication);
    });
    const reports = await this.#reports(deliveries, options);
    const result = publishResult(publication.message, reports);
    this.#tellPublish(result, reports, data, { startedAt, options });
    return result;
  }

  #newPublication(topic: string, data: string, { identity, hops = 0, trace }: PublishOptions): Publication {
    const { id, micros } = identity ?? this.#newIdentity(hops);
    const message: Message = { id, topic, timestamp: formatTimestamp(micros), data, ...(trace && { trace }) };
    return {
      message,
      micros,
      isNew: identity === undefined,
      envelope: buildEnvelope(message),
      copies: new MessageCopies(this.deps.store, message, this.deps.clock),
      deadline: this.deps.clock.monotonicMs() + this.options.pushTimeoutMs,
    };
  }

  #newIdentity(hops: number): Identity {
    const micros = this.deps.timestamps.next();
    return { id: newMessageId(micros, hops), micros };
  }

  async #reports(
    deliveries: readonly QueuedDelivery[],
    { respondAsync = false, waitMs }: PublishOptions,
  ): Promise<readonly DeliveryReport[]> {
    const settled = Promise.all(deliveries.map((delivery) => delivery.settled));
    if (respondAsync) {
      void this.#track(settled);
      return Promise.all(deliveries.map((delivery) => storedReport(delivery, 'queued')));
    }
    if (waitMs === undefined) return settled;
    void this.#track(settled);
    await settledWithin(this.deps.clock, waitMs, settled);
    return Promise.all(deliveries.map((delivery) => storedReport(delivery, 'still_running')));
  }

  #track<T>(work: Promise<T>): Promise<T> {
    this.#underway.add(work);
    const done = () => this.#underway.delete(work);
    work.then(done, done);
    return work;
  }

  #tellPublish(
    result: PublishResult,
    reports: readonly DeliveryReport[],
    data: string,
    { startedAt, options }: { readonly startedAt: number; readonly options: PublishOptions },
  ): void {
    const failed = reports.filter(({ outcome }) => outcome === 'store_failed');
    const { log, events, clock } = this.deps;
    const { id, topic, timestamp } = result;
    const dataBytes = Buffer.byteLength(data);
    const delivered = result.delivered.length;
    const undelivered = result.undelivered.length;
    const durationMs = clock.monotonicMs() - startedAt;
    const line = {
      message_id: id,
      topic,
      data_bytes: dataBytes,
      delivered,
      undelivered,
      store_failed: failed.length,
      duration_ms: durationMs,
      request_id: options.requestId,
      trace_id: options.trace?.traceId,
    };
    if (failed[0]) log.error({ ...line, err: failed[0].error }, 'message.published');
    else this.#lines.info(line, 'message.published');
    if (!events.hasListeners) return;
    const numbers = { dataBytes, delivered, undelivered, durationMs };
    events.emit('message.published', { messageId: id, topic, timestamp, data, ...numbers });
  }
}

/** What is known of a delivery once its copy is stored, be it still on its way. */
async function storedReport(
  delivery: QueuedDelivery,
  outcome: 'queued' | 'still_running',
): Promise<DeliveryReport> {
  if (delivery.hasSettled()) return delivery.settled;
  const written = await delivery.store();
  if (delivery.hasSettled()) return delivery.settled;
  return delivery.reportOf({ outcome, durationMs: 0 }, written);
}
