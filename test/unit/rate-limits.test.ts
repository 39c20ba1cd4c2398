import express from 'express';
import type { Request } from 'express';
import { RateLimiterMemory } from 'rate-limiter-flexible';
import request from 'supertest';
import { HeraldError } from '../../src/errors';
import { authenticate } from '../../src/http/auth/authenticate';
import { ExpiredTokenError, InvalidTokenError, UnknownKeyError } from '../../src/http/auth/token-errors';
import { Scopes } from '../../src/http/auth/scopes';
import { errorHandler } from '../../src/http/middleware/error-handler';
import { addressKey } from '../../src/http/rate-limit/caller-key';
import { type Ban, RateLimits, type RateLimitsDeps } from '../../src/http/rate-limit/rate-limits';
import type { CallerLimits } from '../../src/security-config';
import { captureLog } from '../support/capture-log';

const NO_LIMITS: CallerLimits = { requestsPerSecond: null, publishesPerMinute: null, authFailures: null };
const everywhere = (max: number) => ({ max, includesLoopback: true });
const elsewhere = (max: number) => ({ max, includesLoopback: false });

/** Why tokens are refused; all others are malformed. */
const REFUSALS: Readonly<Record<string, Error>> = {
  expired: new ExpiredTokenError('The token has expired'),
  'new-key': new UnknownKeyError('The token was signed with a key that is not known'),
};

describe('RateLimits', () => {
  let bans: Ban[];

  beforeEach(() => {
    bans = [];
    // What the library reads the time from; sockets have to go on.
    jest.useFakeTimers({
      doNotFake: [
        'nextTick',
        'setImmediate',
        'clearImmediate',
        'setInterval',
        'clearInterval',
        'queueMicrotask',
        'performance',
        'hrtime',
      ],
      now: Date.parse('2026-08-04T12:00:00Z'),
    });
  });

  afterEach(() => {
    jest.useRealTimers();
  });

  function appWith(limits: Partial<CallerLimits>, deps: Partial<RateLimitsDeps> = {}) {
    const rateLimits = new RateLimits({
      limits: { ...NO_LIMITS, ...limits },
      onBanned: (ban) => bans.push(ban),
      ...deps,
    });
    const app = express();
    app.set('trust proxy', 1);
    app.use(rateLimits.perAddress());
    app.get('/public', (_req, res) => void res.json({}));
    app.use(
      authenticate({
        verify: (token) =>
          token.startsWith('good')
            ? Promise.resolve({
                subject: token === 'good' ? null : token,
                scopes: Scopes.ALL,
                expiresAt: Infinity,
              })
            : Promise.reject(REFUSALS[token] ?? new InvalidTokenError('The token is malformed')),
      }),
    );
    app.use(rateLimits.perToken());
    const topicOf = (req: Request) => String(req.params.topic);
    app.post('/publish/:topic', rateLimits.publishes(topicOf), (_req, res) => void res.json({}));
    app.use((_req, res) => void res.json({}));
    app.use(rateLimits.countFailures());
    app.use(errorHandler(captureLog().log));
    return app;
  }

  type App = ReturnType<typeof appWith>;
  const get = (app: App, path: string, { ip = '203.0.113.1', token = '' } = {}) => {
    const sent = request(app).get(path).set('X-Forwarded-For', ip);
    return token === '' ? sent : sent.set('Authorization', `Bearer ${token}`);
  };
  const publish = (app: App, topic: string, token: string, ip = '203.0.113.1') =>
    request(app).post(`/publish/${topic}`).set('X-Forwarded-For', ip).set('Authorization', `Bearer ${token}`);

  describe('requests per second', () => {
    it('are counted down in the headers, and refused with what to do', async () => {
      const app = appWith({ requestsPerSecond: elsewhere(2) });
      const first = await get(app, '/public');
      expect([first.status, first.headers['ratelimit-policy'], first.headers.ratelimit]).toEqual([
        200,
        '"requests";q=2;w=1',
        '"requests";r=1;t=1',
      ]);
      expect((await get(app, '/public')).headers.ratelimit).toBe('"requests";r=0;t=1');
      const refused = await get(app, '/public');
      expect([refused.status, refused.headers['retry-after'], refused.headers.ratelimit]).toEqual([
        429,
        '1',
        '"requests";r=0;t=1',
      ]);
      expect(refused.body).toEqual({
        message: 'More than 2 requests in 1 s; retry in 1 s',
        code: 'rate_limited',
      });
    });

    it('begin anew with the next second', async () => {
      const app = appWith({ requestsPerSecond: elsewhere(1) });
      const statuses = [];
      for (const ms of [0, 999, 1]) {
        jest.advanceTimersByTime(ms);
        statuses.push((await get(app, '/public')).status);
      }
      expect(statuses).toEqual([200, 429, 200]);
    });

    it('are those of one address', async () => {
      const app = appWith({ requestsPerSecond: elsewhere(1) });
      const statusOf = async (ip: string) => (await get(app, '/public', { ip })).status;
      await expect(statusOf('203.0.113.1')).resolves.toBe(200);
      await expect(statusOf('203.0.113.2')).resolves.toBe(200);
      await expect(statusOf('::ffff:203.0.113.2')).resolves.toBe(429);
      await expect(statusOf('2606:4700::1')).resolves.toBe(200);
      await expect(statusOf('2606:4700::ffff:1')).resolves.toBe(429);
      await expect(statusOf('2606:4700:0:1::1')).resolves.toBe(200);
    });

    it('are those of one token, wherever it comes from', async () => {
      const app = appWith({ requestsPerSecond: elsewhere(1) });
      const statusOf = async (ip: string, token: string) => (await get(app, '/x', { ip, token })).status;
      await expect(statusOf('203.0.113.1', 'good-alice')).resolves.toBe(200);
      await expect(statusOf('203.0.113.2', 'good-alice')).resolves.toBe(429);
      await expect(statusOf('203.0.113.3', 'good-bob')).resolves.toBe(200);
      await expect(statusOf('203.0.113.4', 'good')).resolves.toBe(200);
      await expect(statusOf('203.0.113.5', 'good')).resolves.toBe(429);
      const both = await get(app, '/x', { ip: '203.0.113.6', token: 'good-eve' });
      expect(both.headers.ratelimit).toBe('"requests";r=0;t=1, "requests";r=0;t=1');
    });
  });

  describe('publishes per minute', () => {
    it('are those of one caller to one topic', async () => {
      const app = appWith({ publishesPerMinute: elsewhere(2) });
      const statusOf = async (topic: string, token: string) => (await publish(app, topic, token)).status;
      await expect(statusOf('a', 'good-alice')).resolves.toBe(200);
      await expect(statusOf('a', 'good-alice')).resolves.toBe(200);
      await expect(statusOf('a', 'good-alice')).resolves.toBe(429);
      await expect(statusOf('b', 'good-alice')).resolves.toBe(200);
      await expect(statusOf('a', 'good-bob')).resolves.toBe(200);
      jest.advanceTimersByTime(59_001);
      const refused = await publish(app, 'a', 'good-alice');
      expect([refused.status, refused.headers['retry-after']]).toEqual([429, '1']);
      jest.advanceTimersByTime(999);
      await expect(statusOf('a', 'good-alice')).resolves.toBe(200);
    });
  });

  describe('wrong tokens', () => {
    const guess = (app: App, ip = '203.0.113.1') => get(app, '/x', { ip, token: 'bad' });

    it('lead to a ban of their address, with and without a right token', async () => {
      const app = appWith({ authFailures: elsewhere(3) });
      for (let attempt = 0; attempt < 3; attempt++) expect((await guess(app)).status).toBe(401);
      expect(bans).toEqual([{ address: 'ip:203.0.113.1', seconds: 60 }]);
      for (const token of ['bad', 'good', '']) {
        const refused = await get(app, '/x', { token });
        expect([refused.status, refused.headers['retry-after'], refused.body.code]).toEqual([
          429,
          '60',
          'rate_limited',
        ]);
      }
      expect((await guess(app, '203.0.113.2')).status).toBe(401);
    });

    it('lead to longer bans each time, up to an hour', async () => {
      const app = appWith({ authFailures: elsewhere(1) });
      for (const seconds of [60, 120, 240, 480, 960, 1920, 3600, 3600]) {
        expect((await guess(app)).status).toBe(401);
        expect(bans.at(-1)?.seconds).toBe(seconds);
        jest.advanceTimersByTime(seconds * 1000 - 1);
        expect((await guess(app)).status).toBe(429);
        jest.advanceTimersByTime(1);
      }
      expect(bans).toHaveLength(8);
      jest.advanceTimersByTime(86_400_000);
      await guess(app);
      expect(bans.at(-1)?.seconds).toBe(60);
    });

    it("lead to a ban that ends when it was to, however far the machine's clock is set back", async () => {
      const app = appWith({ authFailures: elsewhere(1), requestsPerSecond: elsewhere(1) });
      await guess(app);
      jest.setSystemTime(Date.now() - 86_400_000);
      expect((await guess(app)).headers['retry-after']).toBe('3600');
      jest.advanceTimersByTime(60_000);
      expect((await guess(app)).status).toBe(401);
      const tooMany = await get(app, '/public');
      jest.setSystemTime(Date.now() - 86_400_000);
      const later = await get(app, '/public');
      expect([tooMany.status, later.status]).toEqual([429, 429]);
    });

    it('are forgotten after ten minutes', async () => {
      const app = appWith({ authFailures: elsewhere(2) });
      await guess(app);
      jest.advanceTimersByTime(600_000);
      await guess(app);
      expect((await guess(app)).status).toBe(401);
      expect(bans).toHaveLength(1);
    });

    it('are not counted for who sends none', async () => {
      const app = appWith({ authFailures: elsewhere(1) });
      for (let attempt = 0; attempt < 3; attempt++) expect((await get(app, '/x')).status).toBe(401);
      expect(bans).toEqual([]);
    });

    it.each([
      ['valid once: who goes on with one', 'expired'],
      ['signed with a key that is not known yet: who is early', 'new-key'],
    ])('are not those that were %s is not banned', async (_who, token) => {
      const app = appWith({ authFailures: elsewhere(2) });
      await guess(app);
      for (let attempt = 0; attempt < 3; attempt++) {
        expect((await get(app, '/x', { token })).status).toBe(401);
      }
      expect((await get(app, '/x', { token: 'good' })).status).toBe(200);
      await guess(app);
      expect(bans).toHaveLength(1);
    });
  });

  describe('callers on this machine', () => {
    it.each(['127.0.0.1', '::1', '::ffff:127.0.0.1', '127.9.9.9'])(
      'are limited only where that was asked for: %s',
      async (ip) => {
        const open = appWith({ requestsPerSecond: elsewhere(1), authFailures: elsewhere(1) });
        const limited = appWith({ requestsPerSecond: everywhere(1) });
        const statuses = [];
        for (const app of [open, open, limited, limited]) {
          statuses.push((await get(app, '/public', { ip })).status);
        }
        expect(statuses).toEqual([200, 200, 200, 429]);
        for (let attempt = 0; attempt < 3; attempt++) {
          expect((await get(open, '/x', { ip, token: 'bad' })).status).toBe(401);
        }
      },
    );
  });

  it('add nothing where there are no limits', async () => {
    const answer = await publish(appWith({}), 'a', 'good');
    expect(answer.status).toBe(200);
    expect(Object.keys(answer.headers).filter((name) => name.startsWith('ratelimit'))).toEqual([]);
  });

  it('can be counted elsewhere, whose failure is not taken for a limit', async () => {
    const made: string[] = [];
    const app = appWith(
      { requestsPerSecond: elsewhere(1) },
      {
        newLimiter: (options) => {
          made.push(options.keyPrefix);
          const limiter = new RateLimiterMemory(options);
          limiter.consume = () => Promise.reject(new HeraldError('store_unavailable', 'gone'));
          return limiter;
        },
      },
    );
    expect((await get(app, '/public')).status).toBe(503);
    expect(made).toEqual(['requests', 'bans']);
  });
});

describe('addressKey', () => {
  it.each([
    ['203.0.113.1', 'ip:203.0.113.1'],
    ['::ffff:203.0.113.1', 'ip:203.0.113.1'],
    ['::1', 'ip:0:0:0:0::/64'],
    ['2606:4700:0:1:2:3:4:5', 'ip:2606:4700:0:1::/64'],
    ['2606:4700::', 'ip:2606:4700:0:0::/64'],
    ['FE80::1%eth0', 'ip:fe80:0:0:0::/64'],
    ['203.0.113.1:4711', 'ip:203.0.113.1'],
    ['[2606:4700:0:1:2:3:4:5]:4711', 'ip:2606:4700:0:1::/64'],
    ['[2606:4700:0:1:2:3:4:5]', 'ip:2606:4700:0:1::/64'],
    ['::ffff:cb00:7101', 'ip:203.0.113.1'],
    ['[::ffff:203.0.113.1]:4711', 'ip:203.0.113.1'],
    ['unknown', 'ip:unknown'],
    [undefined, 'ip:'],
  ])('of %s is %s', (ip, key) => {
    expect(addressKey({ ip })).toBe(key);
  });
});
