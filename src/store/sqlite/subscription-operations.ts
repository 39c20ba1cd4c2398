import type { Connection } from './sqlite-binding';

/** A subscription as it crosses the thread: the fields of SubscriptionRecord. */
export type SubscriptionRow = readonly [
  topic: string,
  subscriber: string,
  createdAt: string,
  endedAt: string | null,
];

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
  const active = connection.prepare('SELECT * FROM subscriptions WHERE ended_at IS NULL');
  const history = connection.prepare('SELECT * FROM subscriptions WHERE topic = ? ORDER BY subscriber');

  return {
    activeSubscriptions: (): readonly SubscriptionRow[] => active.all().map(toRow),
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
