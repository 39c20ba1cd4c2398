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
import { ConditionAfterLostAnswerError, isConditionFailure, storeUnavailable } from './faults';
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

/**
 * What became of a change on a condition. Unclear: the condition does not hold, but the answer to an earlier attempt was
 * lost, which may have made the change.
 */
export type Change = 'made' | 'refused' | 'unclear';

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

  put(input: Of<PutCommandInput>, deadline?: Deadline): Promise<Change> {
    const command = new PutCommand({ TableName: this.name, ...input });
    return this.#change('write to', (abortSignal) => this.client.send(command, { abortSignal }), deadline);
  }

  update(input: Of<UpdateCommandInput>, deadline?: Deadline): Promise<Change> {
    const command = new UpdateCommand({ TableName: this.name, ...input });
    return this.#change('update', (abortSignal) => this.client.send(command, { abortSignal }), deadline);
  }

  delete(input: Of<DeleteCommandInput>, deadline?: Deadline): Promise<Change> {
    const command = new DeleteCommand({ TableName: this.name, ...input });
    return this.#change('delete from', (abortSignal) => this.client.send(command, { abortSignal }), deadline);
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

  async #change(
    verb: string,
    attempt: (signal: AbortSignal) => Promise<unknown>,
    deadline?: Deadline,
  ): Promise<Change> {
    try {
      await this.#run(verb, attempt, deadline);
      return 'made';
    } catch (error) {
      if (error instanceof ConditionAfterLostAnswerError) return 'unclear';
      if (isConditionFailure(error)) return 'refused';
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
