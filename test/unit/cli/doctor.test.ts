import { checkNode } from '../../../src/cli/doctor/examine';
import { clockFinding } from '../../../src/cli/doctor/network-checks';

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
});
