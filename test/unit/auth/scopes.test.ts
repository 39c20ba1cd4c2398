import { Scopes, type ScopeKind } from '../../../src/http/auth/scopes';

describe('Scopes', () => {
  it.each<[string, ScopeKind, string, boolean]>([
    ['publish:orders', 'publish', 'orders', true],
    ['publish:orders', 'publish', 'orders2', false],
    ['publish:orders', 'publish', 'order', false],
    ['publish:orders', 'publish', 'Orders', false],
    ['publish:orders', 'subscribe', 'orders', false],
    ['publish:orders.*', 'publish', 'orders.eu', true],
    ['publish:orders.*', 'publish', 'orders.', true],
    ['publish:orders.*', 'publish', 'orders', false],
    ['publish:*', 'publish', 'anything', true],
    ['publish:*', 'subscribe', 'anything', false],
    ['publish:*.eu', 'publish', 'orders.eu', false],
    ['publish:o*s', 'publish', 'orders', false],
    ['publish:a:b', 'publish', 'a:b', true],
    ['publish:a+b', 'publish', 'a+b', true],
    ['publish:a.b', 'publish', 'axb', false],
    ['publish:orders subscribe:orders', 'subscribe', 'orders', true],
    ['openid  publish:orders email', 'publish', 'orders', true],
    ['poll:https://a.example/hook', 'poll', 'https://a.example/hook', true],
    ['poll:https://a.example/hook', 'poll', 'https://a.example/hook/2', false],
    ['poll:https://a.example/*', 'poll', 'https://a.example/hook?x=1', true],
    ['poll:https://a.example/*', 'poll', 'https://a.example.evil/hook', false],
    ['admin', 'publish', 'orders', true],
    ['admin', 'subscribe', 'orders', true],
    ['admin', 'poll', 'https://a.example/', true],
    ['Admin', 'publish', 'orders', false],
    ['administrator', 'publish', 'orders', false],
    ['admin:*', 'publish', 'orders', false],
    ['PUBLISH:orders', 'publish', 'orders', false],
    ['publish', 'publish', 'orders', false],
    ['publish:', 'publish', '', false],
    ['publish:orders,publish:refunds', 'publish', 'refunds', false],
    ['publish:orders\npublish:refunds', 'publish', 'refunds', false],
    ['', 'publish', 'orders', false],
  ])('%j, asked for %s %s: %s', (text, kind, name, isAllowed) => {
    expect(new Scopes(text).allows(kind, name)).toBe(isAllowed);
  });

  it('knows admin', () => {
    expect(new Scopes('publish:* admin').isAdmin).toBe(true);
    expect(new Scopes('publish:* poll:* subscribe:*').isAdmin).toBe(false);
    expect([Scopes.ALL.allows('poll', 'x'), Scopes.NONE.allows('poll', 'x')]).toEqual([true, false]);
  });
});
