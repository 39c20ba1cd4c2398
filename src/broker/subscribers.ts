import { hashToken, newToken } from '../capability-token';
import { generateSecret } from '../delivery/signature';
import type { Logger } from '../logger';
import { NO_RECORD, type StoredSettings, type SubscriberRecord, type SubscriberSettings } from '../model';
import type { SubscriberStore } from '../store/subscriber-store';
import { formatTime, type TimestampSource } from '../timestamp';
import { KeyedMutex } from './keyed-mutex';
import type { QueueStatus } from './queue-mode';
import type { SubscriberQueueDeps } from './queue-deps';
import { QueueIndex } from './queue-index';
import { secretsInForce, withNewSecret } from './signing-secrets';
import { SubscriberQueue } from './subscriber-queue';
import { effectiveSettings, mergeSettings } from './subscriber-settings';
import { byUrgency } from './urgency';

export interface SubscribersDeps extends Omit<
  SubscriberQueueDeps,
  'recordOf' | 'settingsOf' | 'change' | 'allowRate'
> {
  readonly records: SubscriberStore;
  readonly timestamps: TimestampSource;
  /** What holds for a subscriber that set nothing. */
  readonly defaults: SubscriberSettings;
  readonly log: Logger;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** Backlogs that a restart finds are begun with within this time, spread evenly. */
const RESUME_WITHIN_MS = 3000;

/** What a subscriber is given when it first subscribes. */
export interface Credentials {
  /** `whsec_…`: verifies pushes. */
  readonly secret: string;
  /** Lets the bearer manage this subscriber. */
  readonly token: string;
}

/** Every subscriber's record and queue. */
export class Subscribers {
  readonly #records = new Map<string, SubscriberRecord>();
  /** The settings of those that set something. */
  readonly #settings = new Map<string, SubscriberSettings>();
  readonly #queues: QueueIndex<SubscriberQueue>;
  #withBacklog: readonly string[] = [];
  /** Those of which a rate that they asked for is being stored. */
  readonly #rateChanges = new Set<string>();
  // Guards a record's way to the store: what was changed last must be stored last.
  readonly #mutex = new KeyedMutex();

  constructor(private readonly deps: SubscribersDeps) {
    const queueDeps: SubscriberQueueDeps = {
      ...deps,
      recordOf: (url) => this.recordOf(url),
      settingsOf: (url) => this.settingsOf(url),
      change: (url, changes) => this.#changeInBackground(url, changes),
      allowRate: (url, maxPerSecond) => void this.#allowRate(url, maxPerSecond),
      onSettled: (url) => {
        deps.onSettled(url);
        this.#queues.settled(url);
      },
    };
    this.#queues = new QueueIndex((url) => new SubscriberQueue(queueDeps, url));
  }

  /**
   * Reads the records, which late messages there are, and who has a backlog from before, so that nothing that is published
   * gets ahead of it.
   */
  async load(): Promise<void> {
    const { late, records, store } = this.deps;
    const read = [records.loadAll(), store.subscribersWithBacklog(), late.load()] as const;
    const [all, withBacklog] = await Promise.all(read);
    for (const record of all) this.#set(record);
    this.#withBacklog = withBacklog;
    for (const url of this.#withBacklog) this.queueOf(url).mode.fallBehind();
  }

  /** Begins with the backlogs that there were. Costs the number of subscribers that have one. */
  resume(): void {
    for (const url of this.#withBacklog) {
      this.queueOf(url).resumeAfter(Math.floor(this.deps.random() * RESUME_WITHIN_MS));
    }
    this.#withBacklog = [];
  }

  /** Whether anything is kept about it. */
  isKnown(url: string): boolean {
    return this.#records.has(url);
  }

  /** All of which anything is kept. */
  known(): Iterable<string> {
    return this.#records.keys();
  }

  /** Those that are failing, were given up or are catching up, the worst off first; some may come twice. */
  urlsInTrouble(): readonly string[] {
    return byUrgency(this.#queues.entries(), this.#records.values());
  }

  /** Those that get no pushes because their settings say so: they are paused, or poll. */
  *urlsNotPushed(): Generator<string> {
    for (const [url, { paused, delivery }] of this.#settings) if (paused || delivery === 'poll') yield url;
  }

  recordOf(url: string): SubscriberRecord {
    return this.#records.get(url) ?? NO_RECORD;
  }

  /** The settings in force. */
  settingsOf(url: string): SubscriberSettings {
    return this.#settings.get(url) ?? this.deps.defaults;
  }

  statusOf(url: string): QueueStatus {
    return this.queueOf(url).status;
  }

  /** The subscriber's queue, made when there is none. */
  queueOf(url: string): SubscriberQueue {
    return this.#queues.of(url);
  }

  /** The queue when something is going on there; null when there is nothing to tell it. */
  activeQueueOf(url: string): SubscriberQueue | null {
    return this.#queues.find(url);
  }

  /**
   * Makes a change that takes copies out of the subscriber's backlog; its queue sees to that nothing is dropped meanwhile,
   * and learns how many they were. Settles as the change does.
   */
  removing(url: string, change: () => Promise<number>): Promise<number> {
    return this.queueOf(url).writer.removing(change);
  }

  /** Like the store's own; the queues count their backlogs anew before they drop anything. */
  async deleteExpired(now: number, limit: number): Promise<number> {
    let deleted: number | null = null;
    try {
      deleted = await this.deps.store.deleteExpired(now, limit);
      return deleted;
    } finally {
      if (deleted !== 0) for (const queue of this.queues()) queue.writer.expired();
    }
  }

  /**
   * Makes a change that marks copies received, and tells the subscriber's queue which. Settles as the change does.
   *
   * @param positions where they stand
   * @param upTo all up to there are among them, late ones left out
   */
  async received(
    url: string,
    change: () => Promise<number>,
    positions: readonly string[],
    upTo?: string,
  ): Promise<number> {
    const count = await this.removing(url, change);
    this.activeQueueOf(url)?.received(positions, upTo);
    return count;
  }

  /** All queues that are kept. */
  queues(): Iterable<SubscriberQueue> {
    return this.#queues.values();
  }

  /**
   * Changes settings, and resolves when that is stored.
   *
   * @throws StoreUnavailableError when it could not be stored; nothing has changed then
   */
  async changeSettings(url: string, changes: StoredSettings): Promise<void> {
    await this.#mutex.runExclusive(url, async () => {
      await this.#change(url, { settings: mergeSettings(this.recordOf(url).settings, changes) });
    });
    this.queueOf(url).changed();
  }

  /** Makes a disabled subscriber one like all others again. Rejects like `changeSettings`. */
  async enable(url: string): Promise<void> {
    await this.#mutex.runExclusive(url, async () => {
      if (this.recordOf(url).disabled === null) return;
      await this.#change(url, { disabled: null, failingSince: null });
    });
    this.queueOf(url).enabled();
  }

  /**
   * Gives a subscriber its secret and its token, unless it has them. They are shown here and never again.
   *
   * @returns null when it has them
   * @throws StoreUnavailableError when they could not be stored; it has none then
   */
  claim(url: string): Promise<Credentials | null> {
    return this.#mutex.runExclusive(url, async () => {
      if (this.recordOf(url).tokenHash !== null) return null;
      const secret = generateSecret();
      const token = newToken();
      await this.#change(url, { secrets: [{ secret, expiresAt: null }], tokenHash: hashToken(token) });
      return { secret, token };
    });
  }

  /** Takes back what `claim` gave, when nobody got to see it. */
  async disclaim(url: string): Promise<void> {
    await this.#changeInBackground(url, { secrets: [], tokenHash: null });
  }

  /**
   * Gives a subscriber a new secret. The one before signs along for 24 hours.
   *
   * @throws StoreUnavailableError when it could not be stored; nothing has changed then
   */
  rotateSecret(url: string): Promise<string> {
    return this.#mutex.runExclusive(url, async () => {
      const secret = generateSecret();
      await this.#change(url, {
        secrets: withNewSecret(secret, this.recordOf(url).secrets, this.deps.clock.now()),
      });
      return secret;
    });
  }

  /** The secrets that its pushes are signed with now, the newest first. */
  secretsOf(url: string): readonly string[] {
    return secretsInForce(this.recordOf(url).secrets, this.deps.clock);
  }

  /** Begins no further push. Resolves when those under way have ended and what they brought is stored. */
  async stop(): Promise<void> {
    await Promise.all(Array.from(this.#queues.values(), (queue) => queue.stop()));
  }

  #set(record: SubscriberRecord): void {
    this.#records.set(record.subscriber, record);
    const settings = effectiveSettings(record.settings, this.deps.defaults);
    if (settings === this.deps.defaults) this.#settings.delete(record.subscriber);
    else this.#settings.set(record.subscriber, settings);
  }

  #recordToChange(url: string): SubscriberRecord {
    const now = formatTime(this.deps.clock.now());
    return this.#records.get(url) ?? { ...NO_RECORD, subscriber: url, createdAt: now };
  }

  /** Holds once it is stored, and leaves alone what else changed meanwhile. To be called with the mutex held. */
  async #change(url: string, changes: Partial<SubscriberRecord>): Promise<void> {
    await this.deps.records.save({ ...this.#recordToChange(url), ...changes });
    this.#set({ ...this.#recordToChange(url), ...changes });
  }

  /** Holds at once; when it cannot be stored, it holds until the process ends, and the log says so. */
  async #changeInBackground(url: string, changes: Partial<SubscriberRecord>): Promise<void> {
    this.#set({ ...this.#recordToChange(url), ...changes });
    try {
      await this.#mutex.runExclusive(url, () => this.deps.records.save(this.recordOf(url)));
    } catch (error) {
      this.deps.log.error({ subscriber: url, err: error }, 'subscriber.save_failed');
    }
  }

  /** One change at a time, since each answer asks for it; so does the next one where it cannot be stored. */
  async #allowRate(url: string, maxPerSecond: number | null): Promise<void> {
    if (this.settingsOf(url).maxPerSecond === maxPerSecond || this.#rateChanges.has(url)) return;
    this.#rateChanges.add(url);
    try {
      await this.changeSettings(url, { maxPerSecond });
    } catch (error) {
      this.deps.log.warn({ subscriber: url, err: error }, 'subscriber.save_failed');
    } finally {
      this.#rateChanges.delete(url);
    }
  }
}
