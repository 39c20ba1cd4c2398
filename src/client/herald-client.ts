import type { Shape } from './answer-shape';
import { type Call, type CallOptions, Connection, unexpected } from './call';
import { jsonTextOf, parsePage } from './message-text';
import { type Poller, type PageOptions, type PolledMessage, poll, type PollOptions } from './poll';
import { publishHeaders, publishMany, type PublishOptions } from './publish-many';
import { tail, type TailOptions } from './tail';
import type { TailEvent } from './tail-event';
import type {
  AckAnswer,
  BatchAnswer,
  Overview,
  Page,
  PublishAnswer,
  Published,
  ReplayAnswer,
  SettingsChange,
  Subscribed,
  Subscriber,
} from './types';

export interface HeraldClientOptions {
  /** `http://localhost:8000` unless given. */
  readonly url?: string | undefined;
  /** For servers that ask who calls: a JWT, or for what a subscriber does with its own backlog, its token. */
  readonly token?: string | undefined;
  /** In place of the global one. */
  readonly fetch?: typeof fetch | undefined;
}

const JSON_TYPE = { 'content-type': 'application/json' };
const SUBSCRIBER: Shape = {
  url: 'string',
  state: 'string',
  topics: 'list',
  pending: 'number',
  inFlight: 'number',
  settings: 'object',
};

/**
 * A Herald server, as publishers and subscribers use it. Every method rejects with HeraldRequestError when the server
 * refuses or cannot be reached, and with the signal's reason when the signal that was given aborts.
 */
export class HeraldClient implements Poller {
  readonly #connection: Connection;

  /** @throws TypeError when `url` is not an http or https URL, or `token` cannot be sent */
  constructor(options: HeraldClientOptions = {}) {
    const { url = 'http://localhost:8000', token, fetch = globalThis.fetch } = options;
    this.#connection = new Connection({ url, token, fetch });
  }

  /**
   * Publishes a message, and resolves with what became of it at each subscriber. When the server cannot store it for
   * those who did not receive it, this rejects with the code `store_unavailable`, and the error's `answer` says who they are.
   *
   * @param data any value with JSON; wrapped in JsonText, exactly that text
   */
  async publish(topic: string, data: unknown, options: PublishOptions = {}): Promise<Published> {
    const call: Call = {
      method: 'POST',
      path: `/publish/${encodeURIComponent(topic)}`,
      headers: { ...JSON_TYPE, ...publishHeaders(options) },
      body: jsonTextOf(data),
      signal: options.signal,
    };
    const shape = { id: 'string', message: 'string', delivered: 'list', undelivered: 'list' } as const;
    const { response, answer } = await this.#connection.json<PublishAnswer>(call, shape);
    const isReplay = response.headers.get('idempotency-replayed') === 'true';
    const status = response.status === 202 ? 202 : 200;
    return { status, isReplay, ...answer };
  }

  /**
   * Publishes any number of messages, up to 1,000 with each request, and yields what became of each, in their order and
   * as soon as it is known. Nothing is published until the first answer is asked for, nor much ahead of the answers that
   * were taken. With an idempotency key, the same messages in the same order can be published again after a failure.
   */
  publishMany(
    topic: string,
    messages: Iterable<unknown> | AsyncIterable<unknown>,
    options: PublishOptions = {},
  ): AsyncGenerator<BatchAnswer, void> {
    return publishMany(this.#connection, topic, messages, options);
  }

  /** Subscribes a URL to a topic. Idempotent; a disabled subscriber is enabled by it. */
  async subscribe(
    topic: string,
    url: string,
    settings: SettingsChange = {},
    options: CallOptions = {},
  ): Promise<Subscribed> {
    const path = `/subscribe/${encodeURIComponent(topic)}`;
    const call = { ...withBody({ url, ...settings }), method: 'POST', path, ...options } as const;
    const shape = { message: 'string', topic: 'string', url: 'string' } as const;
    const { response, answer } = await this.#connection.json<Omit<Subscribed, 'isNew'>>(call, shape);
    return { isNew: response.status === 201, ...answer };
  }

  /** @throws HeraldRequestError `subscription_not_found` when there was none */
  async unsubscribe(topic: string, url: string, options: CallOptions = {}): Promise<void> {
    const path = `/unsubscribe/${encodeURIComponent(topic)}`;
    await this.#json({ ...withBody({ url }), method: 'POST', path, ...options }, { message: 'string' });
  }

  /**
   * The URLs that are subscribed to a topic.
   *
   * @throws HeraldRequestError `topic_not_found` when there are none
   */
  subscribers(topic: string, options: CallOptions = {}): Promise<readonly string[]> {
    const path = `/subscribers/${encodeURIComponent(topic)}`;
    return this.#json({ method: 'GET', path, ...options }, 'texts');
  }

  /** Topics with their subscribers, and how those do: as much of it as the server lists, those in trouble first. */
  overview(options: CallOptions = {}): Promise<Overview> {
    const shape = { topics: 'list', subscribers: 'list', hasMore: 'boolean' } as const;
    return this.#json({ method: 'GET', path: '/overview', ...options }, shape);
  }

  /** What is known of a subscriber. */
  subscriber(url: string, options: CallOptions = {}): Promise<Subscriber> {
    return this.#json({ method: 'GET', path: '/subscriber', query: { url }, ...options }, SUBSCRIBER);
  }

  /** Changes a subscriber's settings; what is left out stays as it is. */
  changeSettings(url: string, settings: SettingsChange, options: CallOptions = {}): Promise<Subscriber> {
    const call = { ...withBody(settings), method: 'PATCH', path: '/subscriber', query: { url } } as const;
    return this.#json({ ...call, ...options }, SUBSCRIBER);
  }

  /** Gives a subscriber a new signing secret; the one before signs along for 24 hours. */
  async rotateSecret(url: string, options: CallOptions = {}): Promise<string> {
    const call: Call = { method: 'POST', path: '/subscriber/secret', query: { url }, ...options };
    return (await this.#json<{ secret: string }>(call, { secret: 'string' })).secret;
  }

  /** One page of a subscriber's backlog, oldest first. Nothing is marked by reading it. */
  async page(subscriber: string, options: PageOptions = {}): Promise<Page> {
    const { limit, after, waitSeconds: wait, signal } = options;
    const query = { url: subscriber, limit, after, wait };
    const path = '/subscriber/messages';
    const call = { method: 'GET', path, query, signal } as const;
    const { response, text } = await this.#connection.text(call);
    try {
      return parsePage(text);
    } catch (error) {
      throw unexpected(response.status, error);
    }
  }

  /** Marks messages received: all up to a cursor, or those with these ids (1 to 1,000). */
  ack(
    subscriber: string,
    what: { readonly upTo: string } | { readonly ids: readonly string[] },
    options: CallOptions = {},
  ): Promise<AckAnswer> {
    const query = { url: subscriber };
    const call = { ...withBody(what), method: 'POST', path: '/subscriber/ack', query, ...options } as const;
    return this.#json(call, { acked: 'number', unknown: 'list' });
  }

  /**
   * The messages of a subscriber's backlog, oldest first, and then those that come, by long-polling. When the server
   * cannot be reached it waits and goes on behind the last message; other failures end the iteration.
   *
   * A message that is not acked stays in the backlog, and comes again when polling begins anew: handle each at least
   * once, and drop those whose id was seen before.
   */
  poll(subscriber: string, options: PollOptions = {}): AsyncGenerator<PolledMessage, void> {
    return poll(this, subscriber, options);
  }

  /**
   * Deletes a subscriber's backlog, or what is before a cursor.
   *
   * @returns how many messages there were
   */
  async purge(
    subscriber: string,
    { before, ...options }: CallOptions & { before?: string } = {},
  ): Promise<number> {
    const query = { url: subscriber, before };
    const call: Call = { method: 'DELETE', path: '/subscriber/messages', query, ...options };
    return (await this.#json<{ purged: number }>(call, { purged: 'number' })).purged;
  }

  /** Pushes one message of a subscriber's backlog now, out of turn, and marks it received when that succeeds. */
  replay(subscriber: string, id: string, options: CallOptions = {}): Promise<ReplayAnswer> {
    const query = { url: subscriber };
    const call = {
      ...withBody({ id }),
      method: 'POST',
      path: '/subscriber/replay',
      query,
      ...options,
    } as const;
    return this.#json(call, { outcome: 'string', received: 'boolean' });
  }

  /**
   * What happens in the server, as it happens. When the stream breaks it is taken up behind the last event; where events
   * are gone by then, a `gap` says so. It ends only by an error, by leaving the loop, or by the signal.
   */
  tail(options: TailOptions = {}): AsyncGenerator<TailEvent, void> {
    return tail(this.#connection, options);
  }

  async #json<T>(call: Call, shape: Shape): Promise<T> {
    return (await this.#connection.json<T>(call, shape)).answer;
  }
}

function withBody(value: object): Pick<Call, 'headers' | 'body'> {
  return { headers: JSON_TYPE, body: JSON.stringify(value) };
}
