import type { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import type { Clock } from '../../src/clock';
import { DynamoDbIdempotencyStore } from '../../src/store/dynamodb/dynamodb-idempotency-store';
import { DynamoDbMessageStore } from '../../src/store/dynamodb/dynamodb-message-store';
import { REQUEST_POLICY, Requests } from '../../src/store/dynamodb/requests';
import { type DocumentClient, Table } from '../../src/store/dynamodb/table';
import type { ManualClock } from './manual-clock';

/** One request, as the SDK's client got it. */
export interface Sent {
  /** Such as `PutCommand`. */
  readonly name: string;
  readonly input: Readonly<Record<string, unknown>>;
}

interface Command {
  readonly input: Record<string, unknown>;
}

/** What takes the place of DynamoDB: gets a request and its number, from 1, and answers or throws. */
export type Answer = (sent: Sent, number: number) => unknown;

/** Stands in for the SDK's client, for what no emulator shows. */
export class StubClient {
  readonly sent: Sent[] = [];
  readonly signals: (AbortSignal | undefined)[] = [];
  isDestroyed = false;

  constructor(private readonly answer: Answer) {}

  async send(command: Command, options?: { abortSignal?: AbortSignal }): Promise<unknown> {
    const sent = { name: command.constructor.name, input: command.input };
    this.sent.push(sent);
    this.signals.push(options?.abortSignal);
    // As with the SDK, no answer comes at once.
    await Promise.resolve();
    return this.answer(sent, this.sent.length);
  }

  destroy(): void {
    this.isDestroyed = true;
  }

  get names(): string[] {
    return this.sent.map(({ name }) => name.replace('Command', ''));
  }

  asDocumentClient(): DocumentClient {
    return this as unknown as DocumentClient;
  }

  asClient(): DynamoDBClient {
    return this as unknown as DynamoDBClient;
  }
}

/** An error as the SDK throws it. */
export function sdkError(name: string, httpStatusCode = 400): Error {
  return Object.assign(new Error(`the text of ${name}`), { name, $metadata: { httpStatusCode } });
}

/** A network fault as Node reports it. */
export function networkError(code: string): Error {
  return Object.assign(new Error(`connect ${code}`), { code });
}

/** Retries without jitter: each pause is half of the longest. */
export function newRequests(clock: Clock, random = () => 0.5): Requests {
  return new Requests({ clock, random, policy: REQUEST_POLICY });
}

export function newMessageStore(client: StubClient, clock: Clock): DynamoDbMessageStore {
  const requests = newRequests(clock);
  return new DynamoDbMessageStore({
    table: new Table('messages', client.asDocumentClient(), requests),
    requests,
    clock,
  });
}

export function newIdempotencyStore(client: StubClient, clock: Clock): DynamoDbIdempotencyStore {
  const requests = newRequests(clock);
  return new DynamoDbIdempotencyStore({
    table: new Table('messages', client.asDocumentClient(), requests),
    requests,
  });
}

/** DynamoDB's rules for the size of an item: names and texts in UTF-8, numbers of up to 21 bytes, truth values of 1. */
export function itemBytes(item: Readonly<Record<string, unknown>>): number {
  const sizes = Object.entries(item).map(([name, value]) => {
    if (typeof value === 'string') return name.length + Buffer.byteLength(value);
    if (value instanceof Uint8Array) return name.length + value.length;
    return name.length + (typeof value === 'number' ? 21 : 1);
  });
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** Lets the time pass that `promise` needs, and hands over what came of it. */
export async function passTime<T>(clock: ManualClock, promise: Promise<T>, ms = 60_000): Promise<T> {
  // The assertion comes after the time has passed; until then a rejection is nobody's fault.
  promise.catch(() => undefined);
  await clock.advanceAsync(ms);
  return promise;
}
