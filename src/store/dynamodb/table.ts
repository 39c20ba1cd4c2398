import {
  DeleteCommand,
  type DeleteCommandInput,
  type DynamoDBDocumentClient,
  GetCommand,
  type GetCommandInput,
  PutCommand,
  type PutCommandInput,
  QueryCommand,
  type QueryCommandInput,
  ScanCommand,
  type ScanCommandInput,
  UpdateCommand,
  type UpdateCommandInput,
} from '@aws-sdk/lib-dynamodb';
import { isConditionFailure, storeUnavailable } from './faults';
import type { Deadline, Requests } from './requests';

/** What is needed of the SDK's document client; a test can pass its own. */
export type DocumentClient = Pick<DynamoDBDocumentClient, 'send' | 'destroy'>;

export type Item = Readonly<Record<string, unknown>>;

export interface Page {
  readonly items: readonly Item[];
  /** How many items matched, also when only a count was asked for. */
  readonly count: number;
  /** Whether items may follow this page. */
  readonly hasMore: boolean;
}

type Of<Input> = Omit<Input, 'TableName'>;

/**
 * One DynamoDB table. Every request is retried and bounded by Requests, and rejects with StoreUnavailableError.
 * A `deadline` replaces the request's own one.
 */
export class Table {
  constructor(
    readonly name: string,
    private readonly client: DocumentClient,
    private readonly requests: Requests,
  ) {}

  /** @returns false when the condition did not hold, and nothing was changed */
  put(input: Of<PutCommandInput>, deadline?: Deadline): Promise<boolean> {
    const command = new PutCommand({ TableName: this.name, ...input });
    return this.#holds('write to', (abortSignal) => this.client.send(command, { abortSignal }), deadline);
  }

  /** @returns false when the condition did not hold, and nothing was changed */
  update(input: Of<UpdateCommandInput>, deadline?: Deadline): Promise<boolean> {
    const command = new UpdateCommand({ TableName: this.name, ...input });
    return this.#holds('update', (abortSignal) => this.client.send(command, { abortSignal }), deadline);
  }

  /** @returns false when the condition did not hold, and nothing was changed */
  delete(input: Of<DeleteCommandInput>, deadline?: Deadline): Promise<boolean> {
    const command = new DeleteCommand({ TableName: this.name, ...input });
    return this.#holds('delete from', (abortSignal) => this.client.send(command, { abortSignal }), deadline);
  }

  /** Reads one item consistently; null when there is none. */
  async get(input: Of<GetCommandInput>, deadline?: Deadline): Promise<Item | null> {
    const command = new GetCommand({ TableName: this.name, ConsistentRead: true, ...input });
    const answer = await this.#run(
      'read',
      (abortSignal) => this.client.send(command, { abortSignal }),
      deadline,
    );
    return answer.Item ?? null;
  }

  /**
   * Reads items page by page, consistently; the next page is asked for only when it is wanted.
   *
   * @param limit the most items to read for the next page
   */
  async *query(input: Of<QueryCommandInput>, limit?: () => number): AsyncGenerator<Page, void> {
    let start: Item | undefined;
    do {
      const command = new QueryCommand({
        TableName: this.name,
        ConsistentRead: true,
        ...input,
        ...(limit && { Limit: limit() }),
        ...(start && { ExclusiveStartKey: start }),
      });
      const answer = await this.#run('query', (abortSignal) => this.client.send(command, { abortSignal }));
      start = answer.LastEvaluatedKey;
      yield { items: answer.Items ?? [], count: answer.Count ?? 0, hasMore: start !== undefined };
    } while (start);
  }

  /** Reads the whole table page by page, consistently. */
  async *scan(input: Of<ScanCommandInput>): AsyncGenerator<Page, void> {
    let start: Item | undefined;
    do {
      const command = new ScanCommand({
        TableName: this.name,
        ConsistentRead: true,
        ...input,
        ...(start && { ExclusiveStartKey: start }),
      });
      const answer = await this.#run('scan', (abortSignal) => this.client.send(command, { abortSignal }));
      start = answer.LastEvaluatedKey;
      yield { items: answer.Items ?? [], count: answer.Count ?? 0, hasMore: start !== undefined };
    } while (start);
  }

  async #holds(
    verb: string,
    attempt: (signal: AbortSignal) => Promise<unknown>,
    deadline?: Deadline,
  ): Promise<boolean> {
    try {
      await this.#run(verb, attempt, deadline);
      return true;
    } catch (error) {
      if (isConditionFailure(error)) return false;
      throw error;
    }
  }

  #run<T>(verb: string, attempt: (signal: AbortSignal) => Promise<T>, deadline?: Deadline): Promise<T> {
    return this.requests.run(`${verb} the table ${this.name}`, attempt, deadline);
  }
}

/**
 * The text in an item's attribute.
 *
 * @throws StoreUnavailableError when there is none: the row was not written by this program
 */
export function textOf(item: Item, attribute: string): string {
  const value = item[attribute];
  if (typeof value === 'string') return value;
  throw storeUnavailable('make sense of a row', new Error(`its attribute "${attribute}" holds no text`));
}

/**
 * The number in an item's attribute.
 *
 * @throws StoreUnavailableError when there is none: the row was not written by this program
 */
export function numberOf(item: Item, attribute: string): number {
  const value = item[attribute];
  if (typeof value === 'number') return value;
  throw storeUnavailable('make sense of a row', new Error(`its attribute "${attribute}" holds no number`));
}
