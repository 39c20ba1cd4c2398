import { VerifiedTokens } from '../../src/http/auth/verified-tokens';

describe('VerifiedTokens', () => {
  it('keeps a token for ten seconds', () => {
    const tokens = new VerifiedTokens<string>();
    tokens.keep('a', 'alice', 1000, 1_000_000);
    expect([tokens.get('a', 1000), tokens.get('a', 10_999)]).toEqual(['alice', 'alice']);
    expect([tokens.get('a', 11_000), tokens.get('b', 1000)]).toEqual([undefined, undefined]);
  });

  it('keeps none beyond its expiry, nor for a clock that was set back', () => {
    const tokens = new VerifiedTokens<string>();
    tokens.keep('a', 'alice', 1000, 1500);
    expect([tokens.get('a', 1499), tokens.get('a', 1500), tokens.get('a', 999)]).toEqual([
      'alice',
      undefined,
      undefined,
    ]);
  });

  it('keeps the latest thousand', () => {
    const tokens = new VerifiedTokens<number>();
    for (let n = 0; n <= 1000; n += 1) tokens.keep(`t${n}`, n, 0, 1_000_000);
    expect([tokens.get('t0', 1), tokens.get('t1', 1), tokens.get('t1000', 1)]).toEqual([undefined, 1, 1000]);
  });
});
