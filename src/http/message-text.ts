import type { PendingMessage } from '../model';

/** A polled message as JSON text, with the publisher's bytes spliced in as they came. */
export function messageText({ id, topic, timestamp, data, asideReason }: PendingMessage): string {
  const reason = asideReason === undefined ? {} : { reason: asideReason };
  return `${JSON.stringify({ id, topic, timestamp, ...reason }).slice(0, -1)},"data":${data}}`;
}
