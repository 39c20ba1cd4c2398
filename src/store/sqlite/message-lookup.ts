import { microsOfMessageId } from '../../message-id';
import type { Connection } from './sqlite-binding';

/** Where one copy stands, and whether it is received. */
export interface FoundCopy {
  readonly position: number;
  readonly is_received: number;
}

/** Finds subscribers, bodies and copies by what identifies them outside of the file. Each costs a look-up or two. */
export interface MessageLookup {
  subscriberId(url: string): number | null;
  /** Where the message's body stands, or null when it is not stored. */
  body(messageId: string): number | null;
  /** The subscriber's copy of the body at that place. */
  copy(subscriberId: number, body: number): FoundCopy | null;
}

export function messageLookup(connection: Connection): MessageLookup {
  const subscriber = connection.prepare('SELECT id FROM subscribers WHERE url = ?');
  const bodyInPlace = connection.prepare('SELECT position FROM bodies WHERE position = ? AND id = ?');
  const movedBody = connection.prepare(
    'SELECT position FROM bodies INDEXED BY bodies_moved WHERE is_moved = 1 AND id = ?',
  );
  const copyInPlace = connection.prepare(
    'SELECT position, is_received FROM copies WHERE subscriber_id = ? AND position = ? AND body = position',
  );
  const movedCopy = connection.prepare(
    `SELECT position, is_received FROM copies INDEXED BY copies_moved
     WHERE subscriber_id = ? AND body = ? AND position <> body`,
  );

  return {
    subscriberId(url) {
      const row = subscriber.get(url) as { id: number } | undefined;
      return row?.id ?? null;
    },

    body(messageId) {
      const micros = microsOfMessageId(messageId);
      const inPlace = micros === null ? undefined : bodyInPlace.get(micros, messageId);
      const row = (inPlace ?? movedBody.get(messageId)) as { position: number } | undefined;
      return row?.position ?? null;
    },

    copy(subscriberId, body) {
      const inPlace = copyInPlace.get(subscriberId, body);
      return ((inPlace ?? movedCopy.get(subscriberId, body)) as FoundCopy | undefined) ?? null;
    },
  };
}
