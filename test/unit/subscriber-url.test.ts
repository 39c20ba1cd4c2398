import { parseSubscriberUrl } from '../../src/broker/subscriber-url';

describe('parseSubscriberUrl', () => {
  it.each([
    ['trims white space', ' \t http://example.com/hook \r\n', 'http://example.com/hook'],
    ['accepts https', 'https://example.com/hook', 'https://example.com/hook'],
    ['accepts localhost with a port', 'http://localhost:8000/event', 'http://localhost:8000/event'],
    ['accepts an IPv4 literal', 'http://10.0.0.1:81/', 'http://10.0.0.1:81/'],
    ['accepts an IPv6 literal', 'http://[::1]:8000/event', 'http://[::1]:8000/event'],
    ['shortens an IPv6 literal', 'http://[2001:0DB8:0:0:0:0:0:1]/', 'http://[2001:db8::1]/'],
    ['accepts a host of one label', 'http://worker/hook', 'http://worker/hook'],
    ['accepts a fully qualified host', 'http://example.com./hook', 'http://example.com./hook'],
    ['keeps the query', 'http://a/hook?x=1&y=%20', 'http://a/hook?x=1&y=%20'],
    ['keeps the case of the path', 'http://a/Hook', 'http://a/Hook'],
    ['adds the missing path', 'http://a', 'http://a/'],
    ['adds the missing path before a query', 'http://a?x=1', 'http://a/?x=1'],
    ['drops the fragment', 'http://a/hook#part', 'http://a/hook'],
    ['drops an empty fragment', 'http://a/hook#', 'http://a/hook'],
    ['drops the default port of http', 'http://a:80/', 'http://a/'],
    ['drops the default port of https', 'https://a:443/', 'https://a/'],
    ["keeps the other scheme's default port", 'http://a:443/', 'http://a:443/'],
    ['lowers the case of scheme and host', 'HTTP://Example.COM/Hook', 'http://example.com/Hook'],
    ['resolves dot segments', 'http://a/b/../c/./d', 'http://a/c/d'],
    ['percent-encodes what is not ASCII', 'http://a/é', 'http://a/%C3%A9'],
    ['brings an international host to Punycode', 'http://bücher.example/', 'http://xn--bcher-kva.example/'],
    ['writes an IPv4 literal in its usual form', 'http://0x7f.1/', 'http://127.0.0.1/'],
    ['accepts an at sign in the path', 'http://a/@user', 'http://a/@user'],
  ])('%s', (_name, text, normal) => {
    expect(parseSubscriberUrl(text)).toBe(normal);
  });

  it.each([
    ['nothing', ''],
    ['only white space', ' \n '],
    ['a host that no name server knows', `http://${'a.'.repeat(128)}/`],
    ['a space in the path', 'http://a/ho ok'],
    ['a space in the host', 'http://exa mple.com/'],
    ['a tab within', 'http://a/ho\tok'],
    ['a line break within', 'http://a/\nhook'],
    ['a no-break space within', 'http://a/ho\u00a0ok'],
    ['a null character', 'http://a/\u0000'],
    ['a user name', 'http://user@a/'],
    ['a user name and password', 'http://user:secret@a/'],
    ['a password alone', 'http://:secret@a/'],
    ['a relative path', '/event'],
    ['a relative reference', 'event'],
    ['a reference without a scheme', '//example.com/hook'],
    ['a host without a scheme', 'example.com/hook'],
    ['a scheme without slashes', 'http:example.com'],
    ['one slash', 'http:/example.com'],
    ['three slashes', 'http:///example.com'],
    ['backslashes', 'http:\\\\example.com'],
    ['no host', 'http://'],
    ['no host before a query', 'http://?x=1'],
    ['no host before a port', 'http://:80/'],
    ['ftp', 'ftp://example.com/'],
    ['file', 'file:///etc/passwd'],
    ['javascript', 'javascript:alert(1)'],
    ['the port that means any', 'http://a:0/'],
    ['the same in another form', 'https://a:000/'],
    ['a port that is too high', 'http://a:65536/'],
    ['a port that is no number', 'http://a:eight/'],
    ['an IPv4 literal out of range', 'http://256.0.0.1/'],
    ['an IPv6 literal without brackets', 'http://::1/'],
    ['an IPv6 literal that is not whole', 'http://[::1/'],
    ['an empty label', 'http://a..b/'],
    ['a host that starts with a dot', 'http://.example.com/'],
    ['a host with a forbidden character', 'http://exa<mple.com/'],
  ])('refuses %s', (_name, text) => {
    expect(() => parseSubscriberUrl(text)).toThrow(
      expect.objectContaining({
        code: 'invalid_url',
        status: 400,
        faults: [{ path: 'url', message: expect.any(String) as string }],
      }) as Error,
    );
  });

  describe('with the limit of 2,048 characters', () => {
    const base = 'http://example.com/';

    it('accepts exactly that many', () => {
      const url = base.padEnd(2048, 'x');
      expect(parseSubscriberUrl(url)).toBe(url);
    });

    it('refuses one more', () => {
      expect(() => parseSubscriberUrl(base.padEnd(2049, 'x'))).toThrow('at most 2048 characters');
    });

    it('refuses one that grows beyond it in normal form', () => {
      expect(() => parseSubscriberUrl(base.padEnd(2000, 'é'))).toThrow('once percent-encoded');
    });

    it('does not count white space around the URL', () => {
      const url = base.padEnd(2048, 'x');
      expect(parseSubscriberUrl(`  ${url}  `)).toBe(url);
    });
  });

  it('goes on accepting what is not ASCII, however often it is asked', () => {
    for (let n = 0; n < 20_000; n += 1) expect(() => parseSubscriberUrl('http://a/é')).not.toThrow();
  });

  it('leaves its own results as they are', () => {
    for (const text of ['HTTP://A:80/x/../y#z', 'http://bücher.example/ü?ö', 'http://[::ffff:1.2.3.4]/']) {
      const normal = parseSubscriberUrl(text);
      expect(parseSubscriberUrl(normal)).toBe(normal);
    }
  });
});
