import type { Outcome, QueueState } from './model';

/** What the server tells about itself while it works. Times (`at`) are in the form of `Message.timestamp`. */
export interface Events {
  'message.published': {
    readonly messageId: string;
    readonly topic: string;
    readonly timestamp: string;
    readonly dataBytes: number;
    /** The whole JSON text. */
    readonly data: string;
    readonly delivered: number;
    readonly undelivered: number;
    readonly durationMs: number;
  };
  'delivery.attempted': {
    readonly messageId: string;
    readonly topic: string;
    readonly subscriber: string;
    readonly outcome: Outcome;
    readonly status?: number;
    readonly durationMs: number;
    readonly at: string;
  };
  'subscriber.state_changed': {
    readonly subscriber: string;
    readonly from: QueueState;
    readonly to: QueueState;
    readonly at: string;
  };
  'subscription.created': { readonly topic: string; readonly subscriber: string; readonly at: string };
  'subscription.ended': { readonly topic: string; readonly subscriber: string; readonly at: string };
  'message.set_aside': {
    readonly messageId: string;
    readonly subscriber: string;
    readonly reason: string;
    readonly at: string;
  };
  'backlog.dropped': { readonly subscriber: string; readonly messages: number; readonly at: string };
  /** What the built-in subscriber received; `topic` is empty when that cannot be told. */
  'event.received': { readonly topic: string; readonly data: string; readonly at: string };
  'event.toggled': { readonly accepting: boolean; readonly at: string };
}

export type EventName = keyof Events;

/** One event, with its name beside it. */
export type NamedEvent = {
  [Name in EventName]: { readonly name: Name; readonly event: Events[Name] };
}[EventName];

export type EventListener = (event: NamedEvent) => void;

/**
 * Tells listeners what happens, in the task in which it happens. To build an event costs time, so whoever emits asks
 * `hasListeners` first: with nobody listening, telling costs that question.
 */
export class EventBus {
  /** Replaced, never changed, so that a listener may be added or taken away while an event is told. */
  #listeners: readonly EventListener[] = [];

  /** @param onFault told what a listener threw; it stops neither the other listeners nor the one who emits */
  constructor(private readonly onFault: (error: unknown) => void) {}

  get hasListeners(): boolean {
    return this.#listeners.length > 0;
  }

  /**
   * Calls `listener` with every event from now on.
   *
   * @returns ends that; calling it twice does nothing
   */
  on(listener: EventListener): () => void {
    this.#listeners = [...this.#listeners, listener];
    return () => {
      this.#listeners = this.#listeners.filter((it) => it !== listener);
    };
  }

  /** Tells everybody who listens. Never throws. */
  emit<Name extends EventName>(name: Name, event: Events[Name]): void {
    // TypeScript cannot tell that a name and its own event make one member of the union.
    const named = { name, event } as NamedEvent;
    for (const listener of this.#listeners) {
      try {
        listener(named);
      } catch (error) {
        this.onFault(error);
      }
    }
  }
}
