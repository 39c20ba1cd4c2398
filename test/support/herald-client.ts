import type { SubscriberDescription } from '../../src/broker/subscriber-admin';
import type { PublishResult } from '../../src/broker/publish-result';
import type { StoredSettings } from '../../src/model';

/** An error's answer. */
export interface Fault {
  readonly message: string;
  readonly code: string;
  readonly errors?: readonly { readonly path: string; readonly message: string }[];
}

/** A polled page. */
export interface Page {
  readonly messages: readonly {
    readonly id: string;
    readonly topic: string;
    readonly timestamp: string;
    readonly data: unknown;
    readonly reason?: string;
  }[];
  readonly cursor: string | null;
  readonly hasMore: boolean;
}

export type PublishAnswer = PublishResult & { readonly message: string };

export interface Published {
  readonly status: number;
  readonly headers: Headers;
  readonly answer: PublishAnswer;
}

export interface PollOptions {
  readonly limit?: number | string;
  readonly after?: string;
  readonly wait?: number | string;
}

const JSON_TYPE = { 'content-type': 'application/json' };

/** The server's interface as publishers and subscribers use it. What is not expected to fail throws when it does. */
export class HeraldClient {
  /** @param server whose `url` may change, as after a restart */
  constructor(private readonly server: { readonly url: string }) {}

  request(method: string, path: string, init: Omit<RequestInit, 'method'> = {}): Promise<Response> {
    return fetch(`${this.server.url}${path}`, { ...init, method });
  }

  send(method: string, path: string, body: unknown): Promise<Response> {
    return this.request(method, path, { headers: JSON_TYPE, body: JSON.stringify(body) });
  }

  async subscribe(topic: string, url: string, settings: StoredSettings = {}): Promise<void> {
    await expectOk(await this.send('POST', `/subscribe/${topic}`, { url, ...settings }));
  }

  /** Publishes a JSON text. */
  async publish(
    topic: string,
    data: string,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<Published> {
    const response = await this.request('POST', `/publish/${topic}`, {
      headers: { ...JSON_TYPE, ...headers },
      body: data,
    });
    const answer = (await response.json()) as PublishAnswer;
    return { status: response.status, headers: response.headers, answer };
  }

  /** Publishes JSON texts in one request, and resolves with the answer to each. */
  async publishBatch(
    topic: string,
    lines: readonly string[],
    headers: Readonly<Record<string, string>> = {},
  ): Promise<readonly (PublishAnswer & { readonly status: number })[]> {
    const response = await expectOk(
      await this.request('POST', `/publish/${topic}`, {
        headers: { 'content-type': 'application/x-ndjson', ...headers },
        body: lines.join('\n'),
      }),
    );
    const answers = (await response.text()).trimEnd().split('\n');
    return answers.map((line) => JSON.parse(line) as PublishAnswer & { status: number });
  }

  async describe(url: string): Promise<SubscriberDescription> {
    const response = await expectOk(await this.request('GET', subscriberPath(url)));
    return (await response.json()) as SubscriberDescription;
  }

  async change(url: string, settings: StoredSettings): Promise<SubscriberDescription> {
    const response = await expectOk(await this.send('PATCH', subscriberPath(url), settings));
    return (await response.json()) as SubscriberDescription;
  }

  async poll(url: string, options: PollOptions = {}): Promise<Page> {
    const response = await expectOk(await this.request('GET', messagesPath(url, options)));
    return (await response.json()) as Page;
  }

  async ack(
    url: string,
    what: object,
  ): Promise<{ readonly acked: number; readonly unknown: readonly string[] }> {
    const path = `/subscriber/ack?url=${encodeURIComponent(url)}`;
    const response = await expectOk(await this.send('POST', path, what));
    return (await response.json()) as { acked: number; unknown: string[] };
  }

  async purge(url: string, before?: string): Promise<number> {
    const query = before === undefined ? '' : `&before=${encodeURIComponent(before)}`;
    const response = await expectOk(await this.request('DELETE', `${messagesPath(url)}${query}`));
    return ((await response.json()) as { purged: number }).purged;
  }
}

export function subscriberPath(url: string): string {
  return `/subscriber?url=${encodeURIComponent(url)}`;
}

export function messagesPath(url: string, options: PollOptions = {}): string {
  const query = new URLSearchParams({ url });
  for (const [name, value] of Object.entries(options)) query.set(name, String(value));
  return `/subscriber/messages?${query.toString()}`;
}

async function expectOk(response: Response): Promise<Response> {
  if (response.ok) return response;
  throw new Error(`${response.url} answered ${response.status}: ${await response.text()}`);
}
