import { createHash } from 'node:crypto';
import type { Clock } from '../clock';
import { HeraldError } from '../errors';
import type { Logger } from '../logger';
import type { IdempotencyRecord, IdempotencyStore } from '../store/idempotency-store';
import { formatTimestamp, parseTimestamp } from '../timestamp';
import type { MessageBroker, PublishOptions } from './message-broker';
import { isLost, type PublishResult } from './publish-result';

/** How long a key stands for its first message. */
const KEY_LIFETIME_MS = 24 * 3_600_000;

export interface IdempotentPublisherDeps {
  readonly broker: MessageBroker;
  readonly store: IdempotencyStore;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface IdempotentResult {
  readonly result: PublishResult;
  /** Whether this is the answer to an earlier publish with the same key. */
  readonly isReplay: boolean;
}

/** Publishes a message once for each idempotency key of its topic, however often it is asked to. */
export class IdempotentPublisher {
  /** By key and body: which of several bodies has the key is for the store to say. */
  readonly #underway = new Map<string, Promise<PublishResult>>();

  constructor(private readonly deps: IdempotentPublisherDeps) {}

  /**
   * Publishes, or answers what was answered before. The claim of the key is durable before the message is pushed, and the
   * outcome before it is answered. After a crash in between, the message is pushed again under the same id.
   *
   * @throws HeraldError `idempotency_key_reused` when the key was used with another body in the last 24 hours;
   *   StoreUnavailableError when that cannot be told; and like MessageBroker.publish
   */
  async publish(
    topic: string,
    data: string,
    key: string,
    options: PublishOptions = {},
  ): Promise<IdempotentResult> {
    this.deps.broker.check(topic, data);
    const fullKey = `${topic} ${key}`;
    const fingerprint = createHash('sha256').update(data).digest('base64');
    const attempt = `${fullKey} ${fingerprint}`;
    const underway = this.#underway.get(attempt);
    if (underway) return { result: await underway, isReplay: true };
    let isReplay = false;
    const publishing = this.#publishOnce(
      topic,
      data,
      { fullKey, fingerprint },
      options,
      () => (isReplay = true),
    );
    this.#underway.set(attempt, publishing);
    try {
      return { result: await publishing, isReplay };
    } finally {
      this.#underway.delete(attempt);
    }
  }

  async #publishOnce(
    topic: string,
    data: string,
    { fullKey, fingerprint }: { readonly fullKey: string; readonly fingerprint: string },
    options: PublishOptions,
    onReplay: () => void,
  ): Promise<PublishResult> {
    const { broker, clock, store } = this.deps;
    const reserved = broker.reserve(topic, options.hops);
    try {
      const now = clock.now();
      const claim: IdempotencyRecord = {
        key: fullKey,
        fingerprint,
        messageId: reserved.id,
        timestamp: formatTimestamp(reserved.micros),
        answer: null,
        expiresAt: now + KEY_LIFETIME_MS,
      };
      const standing = await store.claim(claim, now);
      checkSame(standing.fingerprint, fingerprint);
      if (standing.answer !== null) {
        onReplay();
        return JSON.parse(standing.answer) as PublishResult;
      }
      const identity = {
        id: standing.messageId,
        micros: parseTimestamp(standing.timestamp) ?? reserved.micros,
      };
      const result = await broker.publish(topic, data, { ...options, identity });
      await this.#saveAnswer(fullKey, result);
      return result;
    } finally {
      reserved.release();
    }
  }

  async #saveAnswer(key: string, result: PublishResult): Promise<void> {
    // What was lost to somebody is to be tried again, and then under the same id.
    if (isLost(result)) return;
    try {
      await this.deps.store.saveAnswer(key, result.id, JSON.stringify(result));
    } catch (error) {
      // The message is where the result says; a repetition would push it again, under the same id.
      this.deps.log.error({ message_id: result.id, err: error }, 'idempotency.save_failed');
    }
  }
}

function checkSame(known: string, given: string): void {
  if (known === given) return;
  throw new HeraldError(
    'idempotency_key_reused',
    'This Idempotency-Key was used for another body; use a new key for a new message',
  );
}
