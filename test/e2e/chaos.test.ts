import { runChaos } from '../../scripts/chaos/run-chaos';

describe('kill -9 at random instants while publishing, redelivering and polling, with subscribers that flap', () => {
  it('loses no acknowledged message, and keeps each idempotency key to one', async () => {
    const seed = Date.now() % 2 ** 31;
    const result = await runChaos({ rounds: 6, seed, store: 'embedded', minAcknowledged: 21 });
    expect(result).toMatchObject({ lost: 0, lostExamples: [], brokenKeys: 0, pending: 0 });
    expect(result.accounted).toBe(result.acknowledged * 4);
    expect(result.acknowledged).toBeGreaterThan(20);
  }, 60_000);
});
