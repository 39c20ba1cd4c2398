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

/** An event as it is sent: written once, for all who read it. */
export interface TailEvent {
  readonly named: NamedEvent;
  /** The whole block of the stream, its id included. */
  readonly block: Buffer;
}

/** One block of a `text/event-stream`. */
export function blockOf(name: string, data: object, id?: string): Buffer {
  const head = id === undefined ? '' : `id: ${id}\n`;
  return Buffer.from(`${head}event: ${name}\ndata: ${JSON.stringify(data)}\n\n`);
}

export function tailEventOf(named: NamedEvent, id: string): TailEvent {
  return { named, block: blockOf(named.name, shown(named), id) };
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
  return text.slice(0, isHalf ? MAX_DATA_CHARS - 1 : MAX_DATA_CHARS);
}
