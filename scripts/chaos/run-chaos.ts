import { setTimeout as pause } from 'node:timers/promises';
import { HeraldClient } from '../../test/support/herald-client';
import { HeraldProcess } from '../../test/support/herald-process';
import { FlappingEndpoint } from './flapping-endpoint';
import { type Audit, Ledger } from './ledger';
import type { Options } from './options';
import { Poller } from './poller';
import { Publisher } from './publisher';
import { Random } from './random';
import { openLastingStore } from './stores';

const TOPIC = 'chaos';
const PUBLISHERS = 6;
/** How many push subscribers; each gets its own limit of pushes under way. */
const IN_FLIGHT = [1, 4, 16] as const;
const POLLER_URL = 'http://127.0.0.1:1/poller';
/** Rounds in which nobody publishes, so that only redelivery and polling meet the kill. */
const QUIET_SHARE = 0.25;
const MIN_LIFE_MS = 20;
/** An emulator of DynamoDB answers much later than a file does. */
const MAX_LIFE_MS = { embedded: 600, dynamodb: 3000 } as const;
/** So many times the rounds that were asked for are the most. */
const MAX_STRETCH = 5;
const DRAIN_TIMEOUT_MS = 120_000;
const DRAIN_CHECK_MS = 100;

/** Short times, so that a round sees failures, open circuits, probes and recoveries. */
const ENVIRONMENT = {
  PUSH_TIMEOUT_MS: '250',
  CIRCUIT_FAILURES: '3',
  RETRY_FIRST_DELAY_MS: '20',
  RETRY_MAX_DELAY_MS: '200',
  LOG_LEVEL: 'info',
};

/** Everyone who takes part, over all rounds. */
interface Cast {
  readonly ledger: Ledger;
  readonly endpoints: readonly FlappingEndpoint[];
  readonly publishers: readonly Publisher[];
  readonly poller: Poller;
}

export interface ChaosOptions extends Options {
  /** With fewer publishes acknowledged, since random instants were early ones, there are more rounds. */
  readonly minAcknowledged?: number;
}

export interface ChaosResult extends Audit {
  /** Copies that still wait for their subscribers, though these are well. */
  readonly pending: number;
}

/**
 * Kills the server at random instants, round after round, while publishers publish, a poller polls and subscribers
 * flap; then lets it recover and accounts for every message whose publish was answered 2xx.
 */
export async function runChaos(
  { rounds, seed, store: kind, minAcknowledged = 0 }: ChaosOptions,
  onRound: (round: number) => void = () => undefined,
): Promise<ChaosResult> {
  const maxRounds = MAX_STRETCH * rounds;
  const random = new Random(seed);
  const store = await openLastingStore(kind);
  const env = { ...ENVIRONMENT, ...store.env };
  const cast = await assemble(random);
  try {
    await subscribeAll(env, cast);
    const isEnough = () => cast.ledger.acknowledged >= minAcknowledged;
    for (let round = 1; round <= rounds || (round <= maxRounds && !isEnough()); round += 1) {
      await liveAndDie(env, cast, random.fork(), MAX_LIFE_MS[kind]);
      onRound(round);
    }
    return await recover(env, cast);
  } finally {
    await Promise.all(cast.endpoints.map((endpoint) => endpoint.close()));
    await store.remove();
  }
}

async function assemble(random: Random): Promise<Cast> {
  const ledger = new Ledger();
  const endpoints = await Promise.all(
    IN_FLIGHT.map(() => FlappingEndpoint.start(random.fork(), (url, id) => ledger.receive(url, id))),
  );
  const publishers = Array.from(
    { length: PUBLISHERS },
    (_, n) => new Publisher(`publisher-${n}`, TOPIC, random.fork(), ledger),
  );
  return { ledger, endpoints, publishers, poller: new Poller(POLLER_URL, random.fork(), ledger) };
}

async function subscribeAll(env: Readonly<Record<string, string>>, { endpoints }: Cast): Promise<void> {
  const server = await HeraldProcess.start(env);
  const herald = new HeraldClient(server);
  for (const [n, { url }] of endpoints.entries()) {
    await herald.subscribe(TOPIC, url, { maxInFlight: IN_FLIGHT[n] ?? 1 });
  }
  await herald.subscribe(TOPIC, POLLER_URL, { delivery: 'poll' });
  await server.kill();
}

/** One life of the server. */
async function liveAndDie(
  env: Readonly<Record<string, string>>,
  { publishers, poller }: Cast,
  random: Random,
  maxLifeMs: number,
): Promise<void> {
  const server = await HeraldProcess.start(env);
  const herald = new HeraldClient(server);
  const isQuiet = random.isLucky(QUIET_SHARE);
  const active = [poller, ...(isQuiet ? [] : publishers)].map((one) => one.runUntilGone(herald));
  await pause(random.between(MIN_LIFE_MS, maxLifeMs));
  await server.kill();
  await Promise.all(active);
}

/** Everybody is well again: what waits is delivered, and then everything is accounted for. */
async function recover(env: Readonly<Record<string, string>>, cast: Cast): Promise<ChaosResult> {
  for (const endpoint of cast.endpoints) endpoint.calmDown();
  const server = await HeraldProcess.start(env);
  try {
    const herald = new HeraldClient(server);
    await cast.poller.drain(herald);
    const urls = cast.endpoints.map(({ url }) => url);
    const deadline = performance.now() + DRAIN_TIMEOUT_MS;
    while ((await countPending(herald, urls)) > 0 && performance.now() < deadline)
      await pause(DRAIN_CHECK_MS);
    const pending = new Map<string, ReadonlySet<string>>();
    for (const url of [...urls, POLLER_URL]) pending.set(url, await pendingIds(herald, url));
    const sizes = [...pending.values()].map(({ size }) => size);
    return { ...cast.ledger.audit(pending), pending: sizes.reduce((sum, size) => sum + size, 0) };
  } finally {
    await server.kill();
  }
}

async function countPending(herald: HeraldClient, urls: readonly string[]): Promise<number> {
  const descriptions = await Promise.all(urls.map((url) => herald.describe(url)));
  return descriptions.reduce((sum, { pending }) => sum + pending, 0);
}

async function pendingIds(herald: HeraldClient, url: string): Promise<ReadonlySet<string>> {
  const ids = new Set<string>();
  let after: string | null = null;
  for (;;) {
    const page = await herald.poll(url, { limit: 1000, ...(after !== null && { after }) });
    for (const { id } of page.messages) ids.add(id);
    after = page.cursor;
    if (!page.hasMore) return ids;
  }
}
