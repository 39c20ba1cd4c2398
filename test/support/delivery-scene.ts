import { type Clock, systemClock } from '../../src/clock';
import { openSqliteStores } from '../../src/store/sqlite/open-sqlite-stores';
import { crashedClaim } from './crashed-claim';
import { eventually } from './eventually';
import { HeraldClient, type Published } from './herald-client';
import { Receiver } from './receiver';
import { startTestService, type TestEnvironment, type TestService } from './start-test-service';
import { TemporaryDirectories } from './temporary-directory';

const TOPIC = 'orders';

/** Retries that a test can wait for. */
export const FAST: TestEnvironment = {
  CIRCUIT_FAILURES: '3',
  RETRY_FIRST_DELAY_MS: '40',
  RETRY_JITTER_PERCENT: '0',
};
/** Retries so late that none is made within a test. */
export const NEVER: TestEnvironment = { RETRY_FIRST_DELAY_MS: '600000' };

/** The system's clock, which can be moved on: both its times. */
export class MovableClock implements Clock {
  #movedMs = 0;

  now(): number {
    return systemClock.now() + this.#movedMs;
  }

  monotonicMs(): number {
    return systemClock.monotonicMs() + this.#movedMs;
  }

  setTimer(callback: () => void, delayMs: number): ReturnType<Clock['setTimer']> {
    return systemClock.setTimer(callback, delayMs);
  }

  moveOn(ms: number): void {
    this.#movedMs += ms;
  }
}

/** One server and one subscriber of one topic, on real sockets. */
export class DeliveryScene {
  readonly topic = TOPIC;
  readonly url: string;
  readonly #directories = new TemporaryDirectories();
  #dataDir = '';
  #service: TestService | null = null;
  #herald: HeraldClient | null = null;

  private constructor(public receiver: Receiver) {
    this.url = receiver.url;
  }

  /** Starts the receiver; the server is started by `start`. */
  static async open(): Promise<DeliveryScene> {
    const scene = new DeliveryScene(await Receiver.start());
    scene.#dataDir = await scene.#directories.make();
    return scene;
  }

  get service(): TestService {
    if (!this.#service) throw new Error('The server was not started');
    return this.#service;
  }

  get herald(): HeraldClient {
    if (!this.#herald) throw new Error('The server was not started');
    return this.#herald;
  }

  /**
   * Starts the server, a second time on the same data.
   *
   * @param random as of the service; by default what waited is begun with at once
   */
  async start(env: TestEnvironment, clock: Clock = systemClock, random = () => 0): Promise<void> {
    await this.#service?.stop();
    this.#service = await startTestService({ DATA_DIR: this.#dataDir, ...env }, { clock, random });
    this.#herald = new HeraldClient(this.#service);
  }

  /** Stops the server; `start` starts it again. */
  async stop(): Promise<void> {
    await this.#service?.stop();
  }

  /** Leaves behind, in the store of a stopped server, a key that was claimed for a message and nothing more. */
  async claimKey(key: string, data: string, micros: number): Promise<void> {
    const stores = await openSqliteStores({ dataDir: this.#dataDir });
    const expiresAt = systemClock.now() + 60_000;
    const claim = crashedClaim(TOPIC, key, data, { micros, expiresAt });
    await stores.idempotency.claim(claim, systemClock.now());
    await stores.close();
  }

  async close(): Promise<void> {
    await this.#service?.close();
    await this.receiver.close();
    await this.#directories.removeAll();
  }

  subscribe(settings: Parameters<HeraldClient['subscribe']>[2] = {}): Promise<void> {
    return this.herald.subscribe(TOPIC, this.url, settings);
  }

  publish(data = '1', headers: Readonly<Record<string, string>> = {}): Promise<Published> {
    return this.herald.publish(TOPIC, data, headers);
  }

  /** Publishes one after the other; resolves with the ids. */
  async publishMany(count: number): Promise<string[]> {
    const ids: string[] = [];
    for (let n = 0; n < count; n += 1) ids.push((await this.publish(String(n))).answer.id);
    return ids;
  }

  /** Publishes in one request; resolves with the ids. */
  async publishBatch(count: number): Promise<string[]> {
    const lines = Array.from({ length: count }, (_, n) => String(n));
    return (await this.herald.publishBatch(TOPIC, lines)).map(({ id }) => id);
  }

  /** The ids of what was received, in that order. */
  get receivedIds(): string[] {
    return this.receiver.messages.map(({ id }) => id);
  }

  describe(): ReturnType<HeraldClient['describe']> {
    return this.herald.describe(this.url);
  }

  /** Waits until the subscriber is described like this. */
  async expectDescribed(description: object): Promise<void> {
    await eventually(async () => expect(await this.describe()).toMatchObject(description), {
      timeoutMs: 15_000,
    });
  }

  /** Waits until nothing waits for the subscriber any more. */
  async expectDrained(): Promise<void> {
    await this.expectDescribed({ pending: 0, state: 'live' });
  }
}
