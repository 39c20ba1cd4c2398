import { StoreUnavailableError } from '../../src/errors';
import { ConditionAfterLostAnswerError, UnreadableAnswerError } from '../../src/store/dynamodb/faults';
import { MAX_CONCURRENT_REQUESTS, REQUEST_POLICY } from '../../src/store/dynamodb/requests';
import { networkError, newRequests, passTime, sdkError } from '../support/dynamodb-stub';
import { ManualClock } from '../support/manual-clock';

const { deadlineMs, attemptTimeoutMs } = REQUEST_POLICY;
const NEVER = new Promise<never>(() => undefined);

describe('Requests', () => {
  let clock: ManualClock;
  let startedAt: number;

  beforeEach(() => {
    clock = new ManualClock();
    startedAt = clock.now();
  });

  /** An attempt that fails with each of these in turn, then answers; `times` tells when it was made, in ms. */
  function failing(...errors: Error[]) {
    const times: number[] = [];
    const attempt = () => {
      times.push(clock.now() - startedAt);
      const error = errors[times.length - 1];
      return error ? Promise.reject(error) : Promise.resolve('answer');
    };
    return { attempt, times };
  }

  it.each([
    sdkError('ProvisionedThroughputExceededException'),
    sdkError('ThrottlingException'),
    sdkError('RequestLimitExceeded'),
    sdkError('InternalServerError', 500),
    sdkError('SomethingNew', 503),
    sdkError('TimeoutError'),
    sdkError('TransactionConflictException'),
    sdkError('Unknown', 429),
    sdkError('SyntaxError', 200),
    sdkError('SerializationError', 200),
    new UnreadableAnswerError('an answer of 0 bytes'),
    sdkError('RequestTimeTooSkewed'),
    Object.assign(sdkError('InvalidSignatureException'), {
      message: 'Signature expired: 1 is now earlier than 2',
    }),
    networkError('ECONNRESET'),
    networkError('ECONNREFUSED'),
    networkError('ENOTFOUND'),
  ])('tries again after $name: $message', async (error) => {
    const { attempt, times } = failing(error, error);
    expect(await passTime(clock, newRequests(clock).run('do it', attempt))).toBe('answer');
    expect(times).toHaveLength(3);
  });

  it.each([
    sdkError('AccessDeniedException'),
    sdkError('InvalidSignatureException'),
    sdkError('ValidationException'),
    sdkError('ResourceNotFoundException'),
    sdkError('ItemCollectionSizeLimitExceededException'),
    new TypeError('a bug'),
  ])('gives up at once after $name, and keeps it as the cause', async (error) => {
    const { attempt, times } = failing(error);
    const run = newRequests(clock).run('do it', attempt);
    await expect(run).rejects.toThrow(StoreUnavailableError);
    await expect(run).rejects.toMatchObject({
      message: `DynamoDB could not do it: ${error.name}: ${error.message}`,
      cause: error,
    });
    expect(times).toHaveLength(1);
  });

  it('says what went wrong before the last attempt, when that had no time left', async () => {
    const throttled = sdkError('ThrottlingException');
    const isLast = () => clock.now() - startedAt > deadlineMs - attemptTimeoutMs;
    const run = newRequests(clock).run('do it', () => (isLast() ? NEVER : Promise.reject(throttled)));
    await expect(passTime(clock, run)).rejects.toMatchObject({ cause: throttled });
  });

  it('hands a failed condition on as it is, at once', async () => {
    const error = sdkError('ConditionalCheckFailedException');
    const { attempt, times } = failing(error);
    await expect(newRequests(clock).run('do it', attempt)).rejects.toBe(error);
    expect(times).toHaveLength(1);
  });

  it.each([
    [networkError('ECONNRESET'), true],
    [networkError('EPIPE'), true],
    [sdkError('InternalServerError', 500), true],
    [sdkError('TimeoutError'), true],
    [sdkError('SyntaxError', 200), true],
    [new UnreadableAnswerError('an answer of 0 bytes'), true],
    [sdkError('SyntaxError', 429), false],
    [networkError('ECONNREFUSED'), false],
    [sdkError('ThrottlingException'), false],
  ])('says of a failed condition after %s that what was asked may be done: %s', async (fault, isLost) => {
    const { attempt } = failing(fault, sdkError('ConditionalCheckFailedException'));
    const run = passTime(clock, newRequests(clock).run('do it', attempt));
    await expect(run).rejects.toMatchObject({ name: 'ConditionalCheckFailedException' });
    const error: unknown = await run.catch((reason: unknown) => reason);
    expect(error instanceof ConditionAfterLostAnswerError).toBe(isLost);
  });

  it('pauses for a random time whose upper bound doubles up to a limit', async () => {
    const throttled = sdkError('ThrottlingException');
    const { attempt, times } = failing(...Array.from({ length: 7 }, () => throttled));
    await passTime(clock, newRequests(clock).run('do it', attempt));
    const pauses = times.slice(1).map((time, n) => time - Number(times[n]));
    expect(pauses).toEqual([25, 50, 100, 200, 250, 250, 250]);
  });

  it('spreads the retries of requests that failed together', async () => {
    const random = [0.1, 0.9];
    const requests = newRequests(clock, () => random.shift() ?? 0);
    const both = [1, 2].map(() => failing(sdkError('ThrottlingException')));
    await passTime(clock, Promise.all(both.map(({ attempt }) => requests.run('do it', attempt))));
    expect(both.map(({ times }) => times[1])).toEqual([5, 45]);
  });

  it('gives up at the deadline, with the last fault as the cause', async () => {
    const throttled = sdkError('ThrottlingException');
    const { attempt, times } = failing(...Array.from({ length: 1000 }, () => throttled));
    const run = newRequests(clock).run('do it', attempt);
    await expect(passTime(clock, run)).rejects.toMatchObject({
      name: 'StoreUnavailableError',
      cause: throttled,
    });
    expect(times.length).toBeGreaterThan(5);
    expect(times.at(-1)).toBeLessThan(deadlineMs);
  });

  it.each([-3_600_000, 3_600_000])(
    "has its deadline by no step of the machine's clock (%d ms)",
    async (ms) => {
      let attempts = 0;
      const run = newRequests(clock).run('do it', () => {
        attempts += 1;
        if (attempts === 2) clock.step(ms);
        return Promise.reject(sdkError('ThrottlingException'));
      });
      let isOver = false;
      run.catch(() => (isOver = true));
      await clock.advanceAsync(deadlineMs - 500);
      expect(isOver).toBe(false);
      await clock.advanceAsync(500);
      await expect(run).rejects.toThrow(StoreUnavailableError);
    },
  );

  it('gives an attempt up that is not answered, aborts it, and makes another', async () => {
    const signals: AbortSignal[] = [];
    const run = newRequests(clock).run('do it', (signal) => {
      signals.push(signal);
      return signals.length === 1 ? NEVER : Promise.resolve('answer');
    });
    await clock.advanceAsync(attemptTimeoutMs);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true]);
    expect(await passTime(clock, run)).toBe('answer');
    expect(clock.pendingTimers).toBe(0);
  });

  it('gives up at the deadline when nothing is answered', async () => {
    const run = newRequests(clock).run('do it', () => NEVER);
    await expect(passTime(clock, run, deadlineMs)).rejects.toThrow('no answer within');
  });

  it('makes a bounded number of attempts at once', async () => {
    const requests = newRequests(clock);
    const waiting: (() => void)[] = [];
    const attempt = () => new Promise<void>((resolve) => waiting.push(resolve));
    const all = Array.from({ length: MAX_CONCURRENT_REQUESTS + 10 }, () => requests.run('do it', attempt));
    await clock.advanceAsync(0);
    expect(waiting).toHaveLength(MAX_CONCURRENT_REQUESTS);
    for (const answer of waiting.splice(0)) answer();
    await clock.advanceAsync(0);
    expect(waiting).toHaveLength(10);
    for (const answer of waiting) answer();
    await Promise.all(all);
  });

  it('fails those that wait for their turn when nothing was answered for as long as a deadline', async () => {
    const requests = newRequests(clock);
    let attempts = 0;
    const attempt = () => {
      attempts += 1;
      return NEVER;
    };
    const all = Array.from({ length: 10 * MAX_CONCURRENT_REQUESTS }, () => requests.run('do it', attempt));
    const settled = await passTime(clock, Promise.allSettled(all), 2 * deadlineMs);
    expect(settled.filter(({ status }) => status === 'rejected')).toHaveLength(all.length);
    expect(attempts).toBeLessThan(3 * MAX_CONCURRENT_REQUESTS);
  });

  it('starts the deadline of a request when its turn comes', async () => {
    const requests = newRequests(clock);
    const slow = () =>
      new Promise<string>((resolve) => void clock.setTimer(() => resolve('answer'), attemptTimeoutMs - 1));
    const all = Array.from({ length: 4 * MAX_CONCURRENT_REQUESTS }, () => requests.run('do it', slow));
    const settled = await passTime(clock, Promise.allSettled(all));
    expect(settled.filter(({ status }) => status === 'fulfilled')).toHaveLength(all.length);
  });

  it('is idle once everything that was asked is done, a request that follows on another too', async () => {
    const requests = newRequests(clock);
    const done: string[] = [];
    const { attempt } = failing(sdkError('ThrottlingException'));
    const operation = async () => {
      done.push(await requests.run('do it', attempt));
      done.push(await requests.run('do it again', () => Promise.resolve('second')));
    };
    const [, , before] = await passTime(
      clock,
      Promise.all([operation(), requests.idle(), requests.idle().then(() => [...done])]),
    );
    expect(before).toEqual(['answer', 'second']);
  });
});
