import type { NamedEvent } from '../../events';
import type { Outcome } from '../../model';

/** Characters of a message's text that a tail shows. */
const MAX_DATA_CHARS = 2048;

/** What a tail is about; what is absent is not asked for. */
export interface TailFilter {
  /** A topic, or the beginning of topics with `*` behind it. */
  readonly topic?: string;
  /** A subscriber's URL in normal form. */
  readonly subscriber?: string;
  readonly outcome?: Outcome;
}

/** What an event has besides the publisher's data, in bytes; more rather than less. */
const FRAME_BYTES = 400;

/**
 * An event as it is sent: written once for all who read it, and not before the first of them does, since of many events
 * nobody does. Of a message it holds no more than is shown.
 */
export class TailEvent {
  readonly named: NamedEvent;
  #block: Buffer | null = null;

  constructor(
    named: NamedEvent,
    private readonly id: string,
  ) {
    this.named = { name: named.name, event: shown(named) } as NamedEvent;
  }

  /** About how many bytes it takes, known before it is written. */
  get size(): number {
    const { event } = this.named;
    return FRAME_BYTES + ('data' in event ? event.data.length : 0);
  }

  /** The whole block of the stream, its id included. */
  get block(): Buffer {
    this.#block ??= blockOf(this.named.name, this.named.event, this.id);
    return this.#block;
  }
}

/** One block of a `text/event-stream`. */
export function blockOf(name: string, data: object, id?: string): Buffer {
  const head = id === undefined ? '' : `id: ${id}\n`;
  return Buffer.from(`${head}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

/** Whether a filter lets an event pass. One that lacks what the filter asks for does not. */
export function isWanted(filter: TailFilter, { event }: NamedEvent): boolean {
  if (filter.outcome !== undefined && !('outcome' in event && event.outcome === filter.outcome)) return false;
  if (filter.subscriber !== undefined && !('subscriber' in event && event.subscriber === filter.subscriber)) {
    return false;
  }
  return filter.topic === undefined || ('topic' in event && isTopicWanted(filter.topic, event.topic));
}

function isTopicWanted(wanted: string, topic: string): boolean {
  return wanted.endsWith('*') ? topic.startsWith(wanted.slice(0, -1)) : topic === wanted;
}

function shown({ event }: NamedEvent): object {
  if (!('data' in event)) return event;
  const isTruncated = event.data.length > MAX_DATA_CHARS;
  return { ...event, data: isTruncated ? cut(event.data) : event.data, isTruncated };
}

/** A character of two halves is kept whole or left out. */
function cut(text: string): string {
  const last = text.charCodeAt(MAX_DATA_CHARS - 1);
  const isHalf = last >= 0xd800 && last <= 0xdbff;
  const shown = text.slice(0, isHalf ? MAX_DATA_CHARS - 1 : MAX_DATA_CHARS);
  // Copied, since a slice keeps the whole text in memory.
  return Buffer.from(shown).toString();
}
