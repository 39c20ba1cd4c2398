import { loadConfig } from '../../../src/config';
import { checkNode } from '../../../src/cli/doctor/examine';
import { checkClock, clockFinding } from '../../../src/cli/doctor/network-checks';

describe('the doctor', () => {
  it.each([
    ['20.19.0', 'ok'],
    ['22.0.0', 'ok'],
    ['20.18.3', 'fault'],
    ['18.20.0', 'fault'],
  ])('finds Node.js %s %s', (version, state) => {
    expect(checkNode(version).state).toBe(state);
  });

  it('finds a clock wrong that is more than a minute off, either way', () => {
    expect(clockFinding(59_000, 'DynamoDB')).toMatchObject({ state: 'ok' });
    expect(clockFinding(-59_000, 'DynamoDB')).toMatchObject({ state: 'ok' });
    expect(clockFinding(90_400, 'DynamoDB').message).toBe(
      'The clock is 90 s ahead of that of DynamoDB: set it, and let NTP keep it',
    );
    expect(clockFinding(-90_400, 'the server')).toMatchObject({
      state: 'fault',
      message: expect.stringContaining('90 s behind that of the server'),
    });
  });

  it('compares the clock with that of a Herald only, whatever else answers on the port', async () => {
    const config = loadConfig({});
    const date = new Date();
    for (const probe of [null, { kind: 'unreachable', reason: 'r' }, { kind: 'stranger', date }] as const) {
      expect(await checkClock(config, probe)).toMatchObject({
        state: 'unknown',
        message: expect.stringContaining('nothing to compare it with'),
      });
    }
    expect(await checkClock(config, { kind: 'ready', date })).toMatchObject({ state: 'ok' });
    expect(await checkClock(config, { kind: 'not_ready', date, message: 'm' })).toMatchObject({
      state: 'ok',
    });
  });
});
