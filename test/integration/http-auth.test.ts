import express from 'express';
import request from 'supertest';
import { hashToken, newToken } from '../../src/capability-token';
import {
  authenticate,
  checkAdmin,
  checkScope,
  checkSubscriberAccess,
} from '../../src/http/auth/authenticate';
import { JwtVerifier } from '../../src/http/auth/jwt-verifier';
import { InvalidTokenError, KeysUnavailableError } from '../../src/http/auth/token-errors';
import { principalOf } from '../../src/http/auth/principal';
import { errorHandler } from '../../src/http/middleware/error-handler';
import { topicParam } from '../../src/http/topic-param';
import { captureLog } from '../support/capture-log';
import { ManualClock } from '../support/manual-clock';
import { claimsAt, JWT_SECRET, signWithSecret } from '../support/tokens';

const clock = new ManualClock();
const verifier = new JwtVerifier({
  config: { kind: 'jwt', keys: { kind: 'secret', secret: JWT_SECRET } },
  clock,
});
const URL_A = 'https://a.example/hook';
const TOKEN_A = newToken();

function appWith(by: Pick<JwtVerifier, 'verify'> | null) {
  const app = express();
  app.get('/open', (req, res) => void res.json(principalOf(req)));
  app.use(authenticate(by));
  app.get('/me', (req, res) => {
    const principal = principalOf(req);
    res.json({ kind: principal.kind, subject: principal.kind === 'token' ? principal.subject : null });
  });
  app.post('/publish/:topic', (req, res) => {
    checkScope(req, res, 'publish', topicParam(req));
    res.json({});
  });
  app.get('/subscriber', (req, res) => {
    const url = typeof req.query.url === 'string' ? req.query.url : '';
    checkSubscriberAccess(req, res, { url, tokenHash: url === URL_A ? hashToken(TOKEN_A) : null });
    res.json({});
  });
  app.get('/admin', (req, res) => {
    checkAdmin(req, res);
    res.json({});
  });
  app.use(errorHandler(captureLog().log));
  return app;
}

const tokenFor = (scope: string) => signWithSecret(claimsAt(clock.now(), { scope }));
const bearer = (token: string) => ({ Authorization: `Bearer ${token}` });

describe('with AUTH=jwt', () => {
  const app = appWith(verifier);

  it.each(['', 'Basic YTpi', 'Digest x', 'BearerToken x', 'Token Bearer x'])(
    'asks who sends %j for a token, and names no error',
    async (authorization) => {
      const answer = await request(app).get('/me').set('Authorization', authorization);
      expect(answer.status).toBe(401);
      expect(answer.headers['www-authenticate']).toBe('Bearer realm="herald"');
      expect(answer.body).toEqual({
        message: 'This needs a token: send it as Authorization: Bearer <token>',
        code: 'unauthorized',
      });
    },
  );

  it.each([
    ['Bearer', 'The token is malformed'],
    ['Bearer a b', 'The token is malformed'],
    ['Bearer "quoted"', 'The token is malformed'],
    ['Bearer a.b.c', 'The token is malformed'],
    [`Bearer ${'a'.repeat(8000)}`, 'The token is malformed'],
  ])('says what is wrong with %j', async (authorization, description) => {
    const answer = await request(app).get('/me').set('Authorization', authorization);
    expect(answer.status).toBe(401);
    expect(answer.headers['www-authenticate']).toBe(
      `Bearer realm="herald", error="invalid_token", error_description="${description}"`,
    );
    expect(answer.body).toEqual({ message: description, code: 'unauthorized' });
  });

  it('refuses a token that has expired', async () => {
    const token = await signWithSecret(claimsAt(clock.now() - 7_200_000));
    const answer = await request(app).get('/me').set(bearer(token));
    expect([answer.status, answer.headers['www-authenticate']]).toEqual([
      401,
      'Bearer realm="herald", error="invalid_token", error_description="The token has expired"',
    ]);
    expect(JSON.stringify(answer.body)).not.toContain(token);
  });

  it.each(['Bearer', 'bearer', 'BEARER'])('takes a token after %s', async (scheme) => {
    const authorization = `${scheme} ${await tokenFor('publish:orders')}`;
    const answer = await request(app).get('/me').set('Authorization', authorization);
    expect([answer.status, answer.body]).toEqual([200, { kind: 'token', subject: 'alice' }]);
  });

  it('takes no token from the query', async () => {
    const answer = await request(app).get(`/me?access_token=${await tokenFor('admin')}`);
    expect(answer.status).toBe(401);
  });

  it('lets through who has the scope, and names the scope to who has not', async () => {
    const token = await tokenFor('publish:orders.*');
    const post = (topic: string) => request(app).post(`/publish/${topic}`).set(bearer(token));
    expect((await post('orders.eu')).status).toBe(200);
    const refused = await post('refunds');
    expect(refused.status).toBe(403);
    expect(refused.headers['www-authenticate']).toBe(
      'Bearer realm="herald", error="insufficient_scope", scope="publish:refunds", ' +
        'error_description="The token does not have the scope that this needs"',
    );
    expect(refused.body).toEqual({ message: 'This needs the scope publish:refunds', code: 'forbidden' });
  });

  it('checks the topic as the route does: trimmed, and refused when it is not one', async () => {
    const token = await tokenFor('publish:orders');
    expect((await request(app).post('/publish/%20orders%20').set(bearer(token))).status).toBe(200);
    const odd = await request(app).post('/publish/%22').set(bearer(token));
    expect([odd.status, odd.body.code]).toEqual([400, 'invalid_topic']);
    expect((await request(app).post('/publish/%22')).status).toBe(401);
  });

  it('has routes for admin alone', async () => {
    const everything = await tokenFor('publish:* subscribe:* poll:*');
    const refused = await request(app).get('/admin').set(bearer(everything));
    expect([refused.status, refused.body.message]).toEqual([403, 'This needs the scope admin']);
    expect(
      (
        await request(app)
          .get('/admin')
          .set(bearer(await tokenFor('admin')))
      ).status,
    ).toBe(200);
  });

  describe('a route of a subscriber', () => {
    const get = (url: string, token: string) =>
      request(app).get('/subscriber').query({ url }).set(bearer(token));

    it('is open to its own token and to who has the scope', async () => {
      expect((await get(URL_A, TOKEN_A)).status).toBe(200);
      expect((await get(URL_A, await tokenFor(`poll:${URL_A}`))).status).toBe(200);
      expect((await get(URL_A, await tokenFor('admin'))).status).toBe(200);
    });

    it('answers another token alike for a subscriber that is there and for one that is not', async () => {
      const answers = await Promise.all([
        get(URL_A, newToken()),
        get('https://b.example/hook', TOKEN_A),
        get('https://nobody.example/', newToken()),
        get(URL_A, 'hrld_'),
      ]);
      for (const answer of answers) {
        expect([answer.status, answer.body, answer.headers['www-authenticate']]).toEqual([
          401,
          { message: 'The token is not the one of this subscriber', code: 'unauthorized' },
          expect.stringContaining('error="invalid_token"'),
        ]);
      }
    });

    it('names the scope, in characters that a header can hold', async () => {
      const answer = await get('https://a.example/"é\\', await tokenFor('publish:*'));
      expect(answer.status).toBe(403);
      expect(answer.headers['www-authenticate']).toContain('scope="poll:https://a.example/???"');
    });

    it('gives a token of a subscriber nothing else', async () => {
      expect((await request(app).post('/publish/orders').set(bearer(TOKEN_A))).status).toBe(403);
      expect((await request(app).get('/admin').set(bearer(TOKEN_A))).status).toBe(403);
    });
  });
});

describe('when tokens cannot be verified', () => {
  const failing = (error: Error) => appWith({ verify: () => Promise.reject(error) });

  it('is 503, and not the fault of the caller', async () => {
    const answer = await request(failing(new KeysUnavailableError('secret: no route to 10.0.0.1')))
      .get('/me')
      .set(bearer('a.b.c'));
    expect([answer.status, answer.body.code, answer.headers['retry-after']]).toEqual([
      503,
      'auth_unavailable',
      '1',
    ]);
    expect(answer.text).not.toContain('10.0.0.1');
  });

  it('is 401 for what the verifier refuses, and 500 for a mistake of this program', async () => {
    expect(
      (
        await request(failing(new InvalidTokenError('No')))
          .get('/me')
          .set(bearer('a'))
      ).status,
    ).toBe(401);
    expect(
      (
        await request(failing(new TypeError('x')))
          .get('/me')
          .set(bearer('a'))
      ).status,
    ).toBe(500);
  });
});

describe('with AUTH=none', () => {
  const app = appWith(null);

  it('asks nobody, and does not look at what is sent', async () => {
    for (const headers of [{}, bearer('x'), bearer(newToken())]) {
      const me = await request(app).get('/me').set(headers);
      expect([me.status, me.body.kind]).toEqual([200, 'anonymous']);
      expect((await request(app).post('/publish/orders').set(headers)).status).toBe(200);
      expect((await request(app).get('/admin').set(headers)).status).toBe(200);
      expect((await request(app).get('/subscriber').query({ url: URL_A }).set(headers)).status).toBe(200);
    }
  });

  it('takes a route that comes before authentication for the mistake that it is', async () => {
    expect((await request(app).get('/open')).status).toBe(500);
  });
});
