import { setTimeout as pause } from 'node:timers/promises';
import { HeraldClient } from '../support/herald-client';
import { Receiver } from '../support/receiver';
import { HeraldProcess } from '../support/herald-process';
import { Standstills } from '../support/standstills';
import { TemporaryDirectories } from '../support/temporary-directory';

const PER_SECOND = 25;
const SECONDS = 10;

describe('maxPerSecond', () => {
  const directories = new TemporaryDirectories();
  let server: HeraldProcess;
  let receiver: Receiver;

  beforeAll(async () => {
    server = await HeraldProcess.start({ DATA_DIR: await directories.make() });
    receiver = await Receiver.start();
  });

  afterAll(async () => {
    await server.kill();
    await receiver.close();
    await directories.removeAll();
  });

  it('is kept within 5 % over 10 s, by a backlog and by what is published, and drops nothing', async () => {
    const herald = new HeraldClient(server);
    const times: Readonly<Record<string, number[]>> = { '/drained': [], '/live': [] };
    receiver.otherwise = ({ path }) => {
      times[path]?.push(performance.now());
      return 200;
    };
    const [drained, live] = [receiver.urlOf('/drained'), receiver.urlOf('/live')];
    await herald.subscribe('drained', drained, { maxPerSecond: PER_SECOND, paused: true });
    await herald.subscribe('live', live, { maxPerSecond: PER_SECOND });
    const lines = Array.from({ length: PER_SECOND * (SECONDS + 3) }, (_, n) => String(n));
    await herald.publishBatch('drained', lines);
    const standstills = Standstills.watch();
    await herald.change(drained, { paused: false });

    // A half more than are let through.
    let published = 0;
    const startedAt = performance.now();
    for (let elapsed = 0; elapsed < SECONDS + 0.5; elapsed = (performance.now() - startedAt) / 1000) {
      const due = Math.ceil(elapsed * PER_SECOND * 1.5) - published;
      await Promise.all(Array.from({ length: due }, () => herald.publish('live', '1')));
      published += due;
      await pause(20);
    }

    const tolerance = PER_SECOND * (SECONDS * 0.05 + standstills.end().totalMs / 1000);
    for (const arrivals of Object.values(times)) {
      const start = arrivals[0] ?? NaN;
      const within = (from: number, to: number) =>
        arrivals.filter((time) => time >= start + from * 1000 && time < start + to * 1000).length;
      expect(Math.abs(within(0, SECONDS) - PER_SECOND * SECONDS)).toBeLessThanOrEqual(tolerance);
      // Evenly: no second has what belongs into two.
      const seconds = Array.from({ length: SECONDS }, (_, n) => within(n, n + 1));
      expect(Math.max(...seconds)).toBeLessThan(PER_SECOND + tolerance);
    }
    const { state, pending } = await herald.describe(live);
    expect(state).toBe('draining');
    expect(pending + (times['/live']?.length ?? 0)).toBeGreaterThanOrEqual(published);
  }, 30_000);
});
