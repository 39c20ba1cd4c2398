import { StartupError } from '../../errors';
import type { Connection } from './sqlite-binding';

/**
 * Positions and timestamps are unix microseconds, `expires_at` is unix milliseconds.
 *
 * A body stands at its message's timestamp, or where that is taken at the next free microsecond; so its place is found
 * from its message id alone, and only bodies that are not where their id says (`is_moved`) need an index. A copy stands
 * at its own position in its subscriber's backlog, which is its body's unless that subscriber had another message there.
 */
const FIRST_SCHEMA = `
  CREATE TABLE subscribers (
    id INTEGER PRIMARY KEY,
    url TEXT NOT NULL UNIQUE,
    pending INTEGER NOT NULL DEFAULT 0 CHECK (pending >= 0)
  ) STRICT;
  CREATE INDEX subscribers_with_backlog ON subscribers (url) WHERE pending > 0;

  CREATE TABLE bodies (
    position INTEGER PRIMARY KEY,
    id TEXT NOT NULL,
    topic TEXT NOT NULL,
    timestamp INTEGER NOT NULL,
    is_moved INTEGER NOT NULL,
    copy_count INTEGER NOT NULL,
    data TEXT NOT NULL
  ) STRICT;
  CREATE UNIQUE INDEX bodies_moved ON bodies (id) WHERE is_moved = 1;

  CREATE TABLE copies (
    subscriber_id INTEGER NOT NULL,
    position INTEGER NOT NULL,
    body INTEGER NOT NULL,
    is_received INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (subscriber_id, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX copies_pending ON copies (subscriber_id, position, expires_at) WHERE is_received = 0;
  CREATE INDEX copies_expiring ON copies (expires_at);
  CREATE UNIQUE INDEX copies_moved ON copies (subscriber_id, body) WHERE position <> body;

  CREATE TABLE subscriptions (
    topic TEXT NOT NULL,
    subscriber TEXT NOT NULL,
    created_at TEXT NOT NULL,
    ended_at TEXT,
    PRIMARY KEY (topic, subscriber)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE health (pings INTEGER NOT NULL) STRICT;
  INSERT INTO health VALUES (0);

  CREATE VIEW messages AS
    SELECT
      strftime('%Y-%m-%dT%H:%M:%S', bodies.timestamp / 1000000, 'unixepoch')
        || printf('.%06d+00:00', bodies.timestamp % 1000000) AS timestamp,
      subscribers.url AS subscriber,
      bodies.data AS message,
      copies.is_received AS is_received
    FROM copies
    JOIN subscribers ON subscribers.id = copies.subscriber_id
    JOIN bodies ON bodies.position = copies.body;
`;

/**
 * Here times of day are texts, as the ports have them. Records are kept apart from `subscribers`, which has a row only
 * for who ever had a copy stored. An idempotency key has a row id of its own so that the index by expiry stays small,
 * however long the keys are.
 */
const RECORDS_AND_KEYS = `
  ALTER TABLE copies ADD COLUMN aside_reason TEXT;

  CREATE TABLE subscriber_records (
    subscriber TEXT PRIMARY KEY,
    created_at TEXT NOT NULL,
    settings TEXT NOT NULL,
    disabled_at TEXT,
    disabled_reason TEXT,
    failing_since INTEGER,
    aside_up_to TEXT,
    secrets TEXT NOT NULL,
    token_hash TEXT
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE idempotency_keys (
    id INTEGER PRIMARY KEY,
    key TEXT NOT NULL UNIQUE,
    fingerprint TEXT NOT NULL,
    message_id TEXT NOT NULL,
    timestamp TEXT NOT NULL,
    answer TEXT,
    expires_at INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX idempotency_keys_expiring ON idempotency_keys (expires_at);
`;

/** `traceparent`, and on a second line `tracestate` when there is one. */
const TRACES = 'ALTER TABLE bodies ADD COLUMN trace TEXT;';

/** Copies that a cursor acks only when it names them. */
const LATE_COPIES = `
  ALTER TABLE copies ADD COLUMN is_late INTEGER NOT NULL DEFAULT 0;
  CREATE INDEX copies_late ON copies (position, subscriber_id, body) WHERE is_late = 1 AND is_received = 0;
`;

/** The one row is what PositionMark keeps. The texts of keys' timestamps sort as their times do. */
const LAST_POSITION = `
  CREATE TABLE last_position (position INTEGER NOT NULL) STRICT;
  INSERT INTO last_position
    SELECT coalesce(unixepoch(substr(latest, 1, 19)) * 1000000 + CAST(substr(latest, 21, 6) AS INTEGER), 0)
    FROM (SELECT max(timestamp) AS latest FROM idempotency_keys);
`;

/** Entry n brings a file from schema n to n + 1. Entries are only ever added. */
export const MIGRATIONS: readonly string[] = [
  FIRST_SCHEMA,
  RECORDS_AND_KEYS,
  TRACES,
  LATE_COPIES,
  LAST_POSITION,
];

/**
 * The schema that the file has, as a number; 0 when it has none yet.
 *
 * @param file the file's path, for messages
 * @throws StartupError when the file is from a newer version, or is not this program's
 */
export function schemaOf(connection: Connection, file: string): number {
  const { user_version: version } = connection.prepare('PRAGMA user_version').get() as {
    user_version: number;
  };
  if (version > MIGRATIONS.length) {
    throw new StartupError(
      `${file} was written by a newer version of Herald (its schema is ${version}, this version knows ` +
        `${MIGRATIONS.length}): run that version, or choose another DATA_DIR.`,
    );
  }
  if (version === 0 && connection.prepare('SELECT 1 FROM sqlite_schema').get() !== undefined) {
    throw new StartupError(`${file} is a database of another program: choose another DATA_DIR.`);
  }
  return version;
}

/**
 * Brings the file to the schema of this program, in one transaction.
 *
 * @param file the file's path, for messages
 * @throws StartupError when the file is from a newer version, or is not this program's
 */
export function migrate(connection: Connection, file: string): void {
  const version = schemaOf(connection, file);
  // In any case, since it also shows that the file can be written.
  connection.exec('BEGIN IMMEDIATE');
  for (const migration of MIGRATIONS.slice(version)) connection.exec(migration);
  if (version < MIGRATIONS.length) connection.exec(`PRAGMA user_version = ${MIGRATIONS.length}`);
  connection.exec('COMMIT');
}
