import { LimitsTable, LimitsUnavailableError } from '../../src/store/dynamodb/limits-table';
import { networkError, sdkError } from '../support/dynamodb-stub';
import { ManualClock } from '../support/manual-clock';

describe('LimitsTable', () => {
  let clock: ManualClock;
  let table: LimitsTable;
  let signals: AbortSignal[];
  let told: unknown[];
  let answer: () => Promise<string>;

  beforeEach(() => {
    clock = new ManualClock();
    table = new LimitsTable(clock);
    signals = [];
    told = [];
    table.listen((fault) => told.push(fault));
    answer = () => Promise.resolve('answer');
  });

  const ask = () =>
    table.ask((signal) => {
      signals.push(signal);
      return answer();
    });
  const hang = () => new Promise<never>(() => undefined);

  it('hands over what the table answers', async () => {
    await expect(ask()).resolves.toBe('answer');
    await clock.advanceAsync(10_000);
    expect([clock.pendingTimers, signals[0]?.aborted, told]).toEqual([0, false, []]);
  });

  it('gives up on one that hangs after 300 ms, frees its connection, and lets nobody wait after that', async () => {
    answer = hang;
    const first = Promise.allSettled([ask(), ask()]);
    await clock.advanceAsync(299);
    expect([signals.map(({ aborted }) => aborted), told]).toEqual([[false, false], []]);
    await clock.advanceAsync(1);
    await expect(first).resolves.toMatchObject([{ status: 'rejected' }, { status: 'rejected' }]);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
    expect(told).toEqual([expect.objectContaining({ message: 'no answer within 300 ms' })]);
    for (let n = 0; n < 3; n += 1) await expect(ask()).rejects.toThrow(LimitsUnavailableError);
    expect(signals).toHaveLength(2);
  });

  it('asks one that fails once a second, for nobody to wait, until it answers', async () => {
    answer = () => Promise.reject(networkError('ECONNRESET'));
    await expect(ask()).rejects.toThrow('ECONNRESET');
    answer = hang;
    for (let second = 1; second <= 3; second += 1) {
      await clock.advanceAsync(1000);
      await expect(ask()).rejects.toThrow(LimitsUnavailableError);
      await expect(ask()).rejects.toThrow(LimitsUnavailableError);
      expect(signals).toHaveLength(1 + second);
    }
    expect(told).toHaveLength(1);
    answer = () => Promise.resolve('answer');
    await clock.advanceAsync(1000);
    await expect(ask()).rejects.toThrow(LimitsUnavailableError);
    await clock.advanceAsync(0);
    await expect(ask()).resolves.toBe('answer');
    expect([told.length, told[1]]).toEqual([2, null]);
  });

  it("asks it again in time, however far the machine's clock is set back", async () => {
    answer = () => Promise.reject(networkError('ECONNRESET'));
    await expect(ask()).rejects.toThrow('ECONNRESET');
    clock.step(-3_600_000);
    answer = () => Promise.resolve('answer');
    await clock.advanceAsync(1000);
    await expect(ask()).rejects.toThrow(LimitsUnavailableError);
    await clock.advanceAsync(0);
    await expect(ask()).resolves.toBe('answer');
  });

  it('takes a condition that does not hold for an answer', async () => {
    const refusal = sdkError('ConditionalCheckFailedException');
    answer = () => Promise.reject(refusal);
    for (let n = 0; n < 2; n += 1) await expect(ask()).rejects.toBe(refusal);
    answer = () => Promise.reject(sdkError('ThrottlingException'));
    await expect(ask()).rejects.toThrow('ThrottlingException');
    answer = () => Promise.reject(refusal);
    await clock.advanceAsync(1000);
    await expect(ask()).rejects.toThrow(LimitsUnavailableError);
    await clock.advanceAsync(0);
    await expect(ask()).rejects.toBe(refusal);
    expect(told).toHaveLength(2);
  });
});
