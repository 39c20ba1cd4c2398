import type { Outcome, SubscriberState } from './types';

interface TailEvents {
  readonly 'message.published': {
    readonly messageId: string;
    readonly topic: string;
    readonly timestamp: string;
    readonly dataBytes: number;
    /** The first 2,048 characters of the text. */
    readonly data: string;
    readonly isTruncated: boolean;
    readonly delivered: number;
    readonly undelivered: number;
    readonly durationMs: number;
  };
  readonly 'delivery.attempted': {
    readonly messageId: string;
    readonly topic: string;
    readonly subscriber: string;
    readonly outcome: Outcome;
    readonly status?: number;
    readonly durationMs: number;
    readonly at: string;
  };
  readonly 'subscriber.state_changed': {
    readonly subscriber: string;
    readonly from: SubscriberState;
    readonly to: SubscriberState;
    readonly at: string;
  };
  readonly 'subscription.created': {
    readonly topic: string;
    readonly subscriber: string;
    readonly at: string;
  };
  readonly 'subscription.ended': { readonly topic: string; readonly subscriber: string; readonly at: string };
  readonly 'message.set_aside': {
    readonly messageId: string;
    readonly subscriber: string;
    readonly reason: string;
    readonly at: string;
  };
  readonly 'backlog.dropped': { readonly subscriber: string; readonly messages: number; readonly at: string };
  readonly 'event.received': {
    readonly topic: string;
    readonly data: string;
    readonly isTruncated: boolean;
    readonly at: string;
  };
  readonly 'event.toggled': { readonly accepting: boolean; readonly at: string };
  /** Events are gone that should stand here; null: nobody knows how many. */
  readonly gap: { readonly missed: number | null };
  /** Once a second. */
  readonly stats: {
    readonly publishesPerSecond: number;
    readonly deliveriesPerSecond: Readonly<Partial<Record<Outcome, number>>>;
    readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
    readonly inFlight: number;
  };
}

/** Something that happened in the server. `id` is null for what cannot be resumed after. */
export type TailEvent = {
  [Name in keyof TailEvents]: {
    readonly name: Name;
    readonly id: string | null;
    readonly data: TailEvents[Name];
  };
}[keyof TailEvents];
