import type { z } from 'zod';
import type { ErrorCode } from '../../errors';

/** Who a request may come from; one entry of a list is enough. The texts are the scopes that a token needs. */
export interface Access {
  readonly bearer?: readonly string[];
  readonly subscriberToken?: readonly [];
  readonly signedPush?: readonly [];
}

/** What a request can carry besides its body. */
export interface Parameter {
  readonly name: string;
  readonly in: 'path' | 'query' | 'header';
  readonly description: string;
  readonly schema: z.ZodType;
  readonly required?: boolean;
  /** Of a parameter of the query: empty is like absent. */
  readonly allowEmptyValue?: boolean;
  readonly example?: string | number;
}

/** A body in one media type. */
export interface Content {
  readonly schema: z.ZodType;
  /** Of one line or one event, where the body is a row of them. */
  readonly itemSchema?: z.ZodType;
  readonly example: unknown;
}

/** A body by its media types. */
export type Contents = Readonly<Record<string, Content>>;

/** An answer that is not an error. */
export interface Answer {
  readonly description: string;
  readonly content?: Contents;
  /** Names in the document's list of headers. */
  readonly headers?: readonly HeaderName[];
}

/** The headers of answers that the document describes; all others are HTTP's own. */
export type HeaderName =
  | 'Preference-Applied'
  | 'Idempotency-Replayed'
  | 'Content-Security-Policy'
  | 'WebHook-Allowed-Origin'
  | 'WebHook-Allowed-Rate';

export type Method = 'get' | 'post' | 'patch' | 'delete' | 'options';

/**
 * One method of one route, as it is described beside the route. What every route has in common (limits, a server that
 * stops, faults of its own, what a body or a token can be at fault in) is added where the document is built.
 */
export interface Operation {
  readonly method: Method;
  /** As Express has it: `/publish/:topic`. */
  readonly path: string;
  readonly id: string;
  readonly tag: Tag;
  readonly summary: string;
  readonly description?: string;
  /** Empty: anybody. */
  readonly access: readonly Access[];
  readonly parameters?: readonly Parameter[];
  readonly body?: { readonly description: string; readonly content: Contents };
  readonly answers: Readonly<Record<number, Answer>>;
  /** Those of this route alone. */
  readonly errors?: readonly ErrorCode[];
  /** Whether it is answered while the server stops. */
  readonly isAlwaysServed?: boolean;
}

/** Groups of operations, in the order in which they are shown. */
export const TAGS = {
  publishing: 'Sending messages to the subscribers of a topic.',
  subscriptions: 'Who is subscribed to what.',
  subscriber: 'One subscriber, named by `?url=`: its state, its settings and its backlog.',
  event: 'A subscriber that is built into the server, to try things out.',
  watching: 'What happens in the server.',
  server: 'Whether the server works, and what it can do.',
} as const;

export type Tag = keyof typeof TAGS;

/** A JSON body of one form; the example is checked against it when this is compiled, and again by a test. */
export function json<Schema extends z.ZodType>(schema: Schema, example: z.input<Schema>): Contents {
  return { 'application/json': { schema, example } };
}

/** Who may act for a subscriber: the subscriber itself, or a token with the scope to. */
export const SUBSCRIBER_ACCESS: readonly Access[] = [{ bearer: ['poll:{url}'] }, { subscriberToken: [] }];

/** The operator only. */
export const ADMIN_ACCESS: readonly Access[] = [{ bearer: ['admin'] }];
