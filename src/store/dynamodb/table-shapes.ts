import type { CreateTableCommandInput, KeySchemaElement, TableDescription } from '@aws-sdk/client-dynamodb';

/** The sparse local index of the messages table: a subscriber's pending copies. */
export const PENDING_INDEX = 'pending-index';

/** What a table looks like, apart from its name. Every key is a text. */
export interface TableShape {
  readonly partitionKey: string;
  /** Left out where the partition key alone names an item. */
  readonly sortKey?: string;
  /** Local indexes, by name: the attribute that each is sorted by. They hold keys only. */
  readonly localIndexes: Readonly<Record<string, string>>;
  /** The attribute with the unix seconds after which DynamoDB deletes an item. */
  readonly ttlAttribute?: string;
}

/** Every table of this backend. A new store adds its table here, and nothing else is needed to create and check it. */
export const TABLE_SHAPES = {
  messages: {
    partitionKey: 'subscriber',
    sortKey: 'timestamp',
    localIndexes: { [PENDING_INDEX]: 'pending' },
    ttlAttribute: 'expires_at',
  },
  subscriptions: { partitionKey: 'topic', sortKey: 'subscriber', localIndexes: {} },
  // A partition key may have 2,048 bytes, as the longest URL has.
  subscribers: { partitionKey: 'subscriber', localIndexes: {} },
} as const satisfies Record<string, TableShape>;

/** The name of each table. */
export type TableNames = Readonly<Record<keyof typeof TABLE_SHAPES, string>>;

/** The tables' names with their shapes, in the order in which they are created. */
export function namedShapes(names: TableNames): { readonly name: string; readonly shape: TableShape }[] {
  const roles = Object.keys(TABLE_SHAPES) as (keyof typeof TABLE_SHAPES)[];
  return roles.map((role) => ({ name: names[role], shape: TABLE_SHAPES[role] }));
}

/** The names of the attributes that together identify an item. */
export function keysOfTable({ partitionKey, sortKey }: TableShape): [partition: string, sort?: string] {
  return sortKey === undefined ? [partitionKey] : [partitionKey, sortKey];
}

/** The request that creates such a table, billed on demand. */
export function creationOf(name: string, shape: TableShape): CreateTableCommandInput {
  const indexes = Object.entries(shape.localIndexes);
  const keys = [...keysOfTable(shape), ...indexes.map(([, sortKey]) => sortKey)];
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: keys.map((key) => ({ AttributeName: key, AttributeType: 'S' })),
    KeySchema: keySchema(...keysOfTable(shape)),
    ...(indexes.length > 0 && {
      LocalSecondaryIndexes: indexes.map(([index, sortKey]) => ({
        IndexName: index,
        KeySchema: keySchema(shape.partitionKey, sortKey),
        // Projecting ALL would halve the largest message and nearly double what a write costs.
        Projection: { ProjectionType: 'KEYS_ONLY' },
      })),
    }),
  };
}

function keySchema(partitionKey: string, sortKey?: string): KeySchemaElement[] {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' },
    ...(sortKey === undefined ? [] : [{ AttributeName: sortKey, KeyType: 'RANGE' } as const]),
  ];
}

/** What is wrong with an existing table, or null when it is usable as that shape. */
export function shapeFault(table: TableDescription, shape: TableShape): string | null {
  const wanted = keysOf(creationOf('', shape));
  const found = keysOf(table);
  if (found.own !== wanted.own) return `has the keys ${found.own} instead of ${wanted.own}`;
  for (const [index, keys] of wanted.indexes) {
    const there = found.indexes.get(index);
    if (there === undefined) return `lacks the local index ${index}`;
    if (there !== keys) return `has the keys ${there} instead of ${keys} in its index ${index}`;
  }
  return null;
}

type Keys = Pick<TableDescription, 'KeySchema' | 'AttributeDefinitions' | 'LocalSecondaryIndexes'>;

function keysOf(table: Keys): { own: string; indexes: ReadonlyMap<string, string> } {
  const types = new Map(table.AttributeDefinitions?.map((one) => [one.AttributeName, one.AttributeType]));
  const text = (schema: Keys['KeySchema'] = []) =>
    schema
      .map((key) => `${String(key.AttributeName)} (${[key.KeyType, types.get(key.AttributeName)].join(' ')})`)
      .join(', ');
  const indexes = new Map<string, string>();
  for (const index of table.LocalSecondaryIndexes ?? []) {
    indexes.set(
      String(index.IndexName),
      `${text(index.KeySchema)} ${String(index.Projection?.ProjectionType)}`,
    );
  }
  return { own: text(table.KeySchema), indexes };
}
