import type { QueryCommandInput } from '@aws-sdk/lib-dynamodb';
import { type Item, type Page, type Table, textOf } from './table';
import { PENDING_INDEX } from './table-shapes';

/** Bounds on positions: `after` and `before` are left out themselves, `upTo` is not. Give at most one upper bound. */
export interface Range {
  readonly after?: string;
  readonly before?: string;
  readonly upTo?: string;
}

/** Most copies read with one request, so that memory is bounded whatever the copies' size. */
export const MAX_PAGE_COPIES = 100;

/** Most keys read with one request; keys are small. */
const MAX_PAGE_KEYS = 1000;

/** The sparse local index that holds a subscriber's pending copies, in the order of their positions. */
export class PendingIndex {
  constructor(private readonly table: Table) {}

  /** @param wanted how many more copies are wanted; no page has more */
  copies(subscriber: string, range: Range, wanted: () => number): AsyncGenerator<Page, void> {
    // The index holds keys only; DynamoDB fetches the rest from the table, for the price of reading those items.
    return this.#query(subscriber, range, { Select: 'ALL_ATTRIBUTES' }, () =>
      Math.min(MAX_PAGE_COPIES, wanted()),
    );
  }

  /** @param wanted how many more positions are wanted; no page has more */
  async *positions(
    subscriber: string,
    range: Range,
    wanted = () => Infinity,
  ): AsyncGenerator<string[], void> {
    const pages = this.#query(subscriber, range, {}, () => Math.min(MAX_PAGE_KEYS, wanted()));
    for await (const page of pages) yield page.items.map((item) => textOf(item, 'timestamp'));
  }

  async count(subscriber: string): Promise<number> {
    let count = 0;
    for await (const page of this.#query(subscriber, {}, { Select: 'COUNT' })) count += page.count;
    return count;
  }

  async isEmpty(subscriber: string): Promise<boolean> {
    for await (const positions of this.positions(subscriber, {}, () => 1)) return positions.length === 0;
    return true;
  }

  #query(
    subscriber: string,
    range: Range,
    select: Pick<QueryCommandInput, 'Select'>,
    limit?: () => number,
  ): AsyncGenerator<Page, void> {
    const { condition, values } = rangeCondition(range);
    return this.table.query(
      {
        IndexName: PENDING_INDEX,
        KeyConditionExpression: `subscriber = :subscriber${condition}`,
        ExpressionAttributeValues: { ':subscriber': subscriber, ...values },
        ...select,
      },
      limit,
    );
  }
}

function rangeCondition({ after, before, upTo }: Range): { condition: string; values: Item } {
  // The next text in order; a key condition has no "greater than and less than", only an inclusive BETWEEN.
  const from = after === undefined ? '' : `${after}\u0000`;
  if (before !== undefined) {
    return after === undefined
      ? { condition: ' AND pending < :before', values: { ':before': before } }
      : { condition: ' AND pending BETWEEN :from AND :before', values: { ':from': from, ':before': before } };
  }
  if (upTo !== undefined) return { condition: ' AND pending <= :upTo', values: { ':upTo': upTo } };
  if (after !== undefined) return { condition: ' AND pending > :after', values: { ':after': after } };
  return { condition: '', values: {} };
}
