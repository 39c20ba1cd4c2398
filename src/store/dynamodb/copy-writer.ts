import { StoreUnavailableError } from '../../errors';
import type { Message } from '../../model';
import { formatTimestamp, parseTimestamp } from '../../timestamp';
import type { Copy } from '../message-store';
import type { BacklogFlags } from './backlog-flags';
import { toItem, toTtlSeconds } from './message-item';
import type { Deadline, Requests } from './requests';
import type { Item, Table } from './table';

/** A copy's position lies at most this far behind its message's timestamp. */
export const MAX_SHIFT_MICROS = 1000;

export interface CopyWriterDeps {
  readonly table: Table;
  readonly flags: BacklogFlags;
  readonly requests: Requests;
}

/** Stores copies, one conditional write each: a batch write would replace other rows without a word. */
export class CopyWriter {
  constructor(private readonly deps: CopyWriterDeps) {}

  /** Stores one copy, or finds it stored. Rejects with StoreUnavailableError. */
  async write(message: Message, copy: Copy): Promise<void> {
    const { table, flags, requests } = this.deps;
    const deadline = requests.newDeadline();
    await flags.raise(copy.subscriber, deadline);
    const micros = parseTimestamp(message.timestamp);
    if (micros === null) throw new RangeError(`${message.timestamp} is not a timestamp`);
    for (let shift = 0; shift <= MAX_SHIFT_MICROS; shift++) {
      const position = formatTimestamp(micros + shift);
      const change = await table.put(
        {
          Item: toItem(message, copy, position),
          ConditionExpression: 'attribute_not_exists(subscriber)',
        },
        deadline,
      );
      if (change === 'made' || (await this.#isAt(position, message.id, copy, deadline))) return;
    }
    throw new StoreUnavailableError(`${MAX_SHIFT_MICROS} other messages stand at the message's timestamp`);
  }

  /**
   * Whether this very message stands there: stored before, or by an attempt whose answer was lost. One that was carried out
   * after it was given up may have come behind cursors that were given out, so it turns into a late copy where one is put;
   * and one that was stored long ago may have expired, so it lives as long as what is put.
   */
  async #isAt(position: string, id: string, copy: Copy, deadline: Deadline): Promise<boolean> {
    const { table } = this.deps;
    const Key = { subscriber: copy.subscriber, timestamp: position };
    const ProjectionExpression = 'id, pending, is_late, expires_at';
    const there = await table.get({ Key, ProjectionExpression }, deadline);
    if (there?.id !== id) return false;
    if (!('pending' in there)) return true;
    const expiresAt = toTtlSeconds(copy.expiresAt);
    const changes: Item = {
      ...(copy.isLate && !('is_late' in there) && { is_late: true }),
      ...(Number(there.expires_at) < expiresAt && { expires_at: expiresAt }),
    };
    const names = Object.keys(changes);
    if (names.length === 0) return true;
    await table.update(
      {
        Key,
        UpdateExpression: `SET ${names.map((name) => `${name} = :${name}`).join(', ')}`,
        // It may have been received since, and without a condition a row that is gone would be made anew.
        ConditionExpression: 'attribute_exists(pending)',
        ExpressionAttributeValues: Object.fromEntries(names.map((name) => [`:${name}`, changes[name]])),
      },
      deadline,
    );
    return true;
  }
}
