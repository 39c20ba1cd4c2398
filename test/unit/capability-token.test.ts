import { hashToken, isCapabilityToken, matches, newToken } from '../../src/capability-token';

describe('a capability token', () => {
  it('is hrld_ and 32 random bytes in base64url', () => {
    const tokens = Array.from({ length: 100 }, newToken);
    expect(new Set(tokens).size).toBe(100);
    for (const token of tokens) {
      expect(token).toMatch(/^hrld_[A-Za-z0-9_-]{43}$/);
      expect(isCapabilityToken(token)).toBe(true);
    }
  });

  it('is told from a JWT', () => {
    expect(isCapabilityToken('eyJhbGciOiJIUzI1NiJ9.e30.x')).toBe(false);
    expect(isCapabilityToken('')).toBe(false);
  });

  it('is hashed with SHA-256', () => {
    expect(hashToken('hrld_abc')).toBe('0769901b10377a80a51ce338ad0220bbd609473341d537e36727ea6a31d331fe');
  });

  it('matches its own hash alone', () => {
    const [token, other] = [newToken(), newToken()];
    expect(matches(token, hashToken(token))).toBe(true);
    expect(matches(other, hashToken(token))).toBe(false);
    expect(matches(token.slice(0, -1), hashToken(token))).toBe(false);
    for (const hash of ['', 'x', hashToken(token).slice(2), `${hashToken(token)}00`]) {
      expect(matches(token, hash)).toBe(false);
    }
  });
});
