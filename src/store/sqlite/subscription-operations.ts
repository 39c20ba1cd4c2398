import type { Connection } from './sqlite-binding';

/** A subscription as it crosses the thread: the fields of SubscriptionRecord. */
export type SubscriptionRow = readonly [
  topic: string,
  subscriber: string,
  createdAt: string,
  endedAt: string | null,
];

/** An active subscription as it crosses the thread. */
export type ActiveRow = readonly [topic: string, subscriber: string];

interface SubscriptionColumns {
  readonly topic: string;
  readonly subscriber: string;
  readonly created_at: string;
  readonly ended_at: string | null;
}

const toRow = (row: unknown): SubscriptionRow => {
  const { topic, subscriber, created_at, ended_at } = row as SubscriptionColumns;
  return [topic, subscriber, created_at, ended_at];
};

/** The reading operations of the subscription store. */
export function subscriptionReads(connection: Connection) {
  const active = connection.prepare(
    `SELECT topic, subscriber FROM subscriptions
     WHERE (topic, subscriber) > (?, ?) AND ended_at IS NULL ORDER BY topic, subscriber LIMIT ?`,
  );
  const history = connection.prepare('SELECT * FROM subscriptions WHERE topic = ? ORDER BY subscriber');

  return {
    /** The first `limit` behind that one. */
    activeSubscriptions: (topic: string, subscriber: string, limit: number): readonly ActiveRow[] =>
      active.all(topic, subscriber, limit).map((row) => {
        const found = row as Pick<SubscriptionColumns, 'topic' | 'subscriber'>;
        return [found.topic, found.subscriber];
      }),
    subscriptionHistory: (topic: string): readonly SubscriptionRow[] => history.all(topic).map(toRow),
  };
}

/** The writing operations of the subscription store. */
export function subscriptionWrites(connection: Connection) {
  const activate = connection.prepare(
    `INSERT INTO subscriptions (topic, subscriber, created_at) VALUES (?, ?, ?)
     ON CONFLICT DO UPDATE SET ended_at = NULL`,
  );
  const end = connection.prepare(
    'UPDATE subscriptions SET ended_at = ? WHERE topic = ? AND subscriber = ? AND ended_at IS NULL',
  );

  return {
    activateSubscription(topic: string, subscriber: string, at: string): void {
      activate.run(topic, subscriber, at);
    },
    endSubscription(topic: string, subscriber: string, at: string): void {
      end.run(at, topic, subscriber);
    },
  };
}
