import { createHash } from 'node:crypto';
import type { Clock } from '../clock';
import { HeraldError } from '../errors';
import type { Logger } from '../logger';
import type { IdempotencyRecord, IdempotencyStore } from '../store/idempotency-store';
import { formatTimestamp, parseTimestamp } from '../timestamp';
import type { Identity, MessageBroker, PublishOptions } from './message-broker';
import { isLost, type PublishResult } from './publish-result';

/** How long a key stands for its first message. */
const KEY_LIFETIME_MS = 24 * 3_600_000;

export interface IdempotentPublisherDeps {
  readonly broker: MessageBroker;
  readonly store: IdempotencyStore;
  readonly clock: Clock;
  readonly log: Logger;
}

/** What a publish is known by before it is made. */
interface Attempt {
  readonly topic: string;
  readonly fullKey: string;
  readonly fingerprint: string;
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
   * outcome before it is answered. After a crash in between, the message is pushed again under the same id. What was
   * answered before is answered also when nobody subscribes to the topic any more.
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
    const fingerprint = createHash('sha256').update(data).digest('base64');
    const attempt: Attempt = { topic, fullKey: `${topic} ${key}`, fingerprint };
    const name = `${attempt.fullKey} ${fingerprint}`;
    const underway = this.#underway.get(name);
    if (underway) return { result: await underway, isReplay: true };
    try {
      this.deps.broker.check(topic, data);
    } catch (refusal) {
      return { result: await this.#answerBefore(attempt, refusal), isReplay: true };
    }
    let isReplay = false;
    const publishing = this.#publishOnce(attempt, data, options, () => (isReplay = true));
    this.#underway.set(name, publishing);
    try {
      return { result: await publishing, isReplay };
    } finally {
      this.#underway.delete(name);
    }
  }

  /** What was answered to the publish when it was made before; throws `refusal` when it was not. */
  async #answerBefore(attempt: Attempt, refusal: unknown): Promise<PublishResult> {
    const isUnknownTopic = refusal instanceof HeraldError && refusal.code === 'topic_not_found';
    if (!isUnknownTopic) throw refusal;
    // A claim that is over as it is made finds what stands there, and leaves the key free.
    const { answer } = await this.#claim(attempt, this.deps.broker.reserve(attempt.topic), -KEY_LIFETIME_MS);
    if (answer === null) throw refusal;
    return JSON.parse(answer) as PublishResult;
  }

  async #claim(
    { fullKey, fingerprint }: Attempt,
    { id, micros }: Identity,
    lifetimeMs: number,
  ): Promise<IdempotencyRecord> {
    const now = this.deps.clock.now();
    const claim: IdempotencyRecord = {
      key: fullKey,
      fingerprint,
      messageId: id,
      timestamp: formatTimestamp(micros),
      answer: null,
      expiresAt: now + lifetimeMs,
    };
    const standing = await this.deps.store.claim(claim, now);
    checkSame(standing.fingerprint, fingerprint);
    return standing;
  }

  async #publishOnce(
    attempt: Attempt,
    data: string,
    options: PublishOptions,
    onReplay: () => void,
  ): Promise<PublishResult> {
    const { broker } = this.deps;
    const { topic, fullKey } = attempt;
    const reserved = broker.reserve(topic, options.hops);
    try {
      const standing = await this.#claim(attempt, reserved, KEY_LIFETIME_MS);
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
