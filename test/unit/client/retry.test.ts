import { HeraldRequestError } from '../../../src/client';
import { Retries } from '../../../src/client/retry';

describe('retries', () => {
  it.each([
    [2, 2000],
    [3_000_000, 300_000],
    [0, 500],
    [-1, 500],
  ])('wait for a Retry-After of %d s for %d ms', async (retryAfterSeconds, delayMs) => {
    const leave = new AbortController();
    const delays: number[] = [];
    const onRetry = (_error: HeraldRequestError, ms: number) => {
      delays.push(ms);
      leave.abort(new Error('enough'));
    };
    const error = new HeraldRequestError('busy', { status: 503, code: 'overloaded', retryAfterSeconds });
    await expect(new Retries({ onRetry }, leave.signal).after(error)).rejects.toThrow('enough');
    expect(delays).toEqual([delayMs]);
  });
});
