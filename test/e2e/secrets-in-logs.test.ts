import { HeraldProcess } from '../support/herald-process';
import { Receiver } from '../support/receiver';
import { TemporaryDirectories } from '../support/temporary-directory';
import { claimsAt, JWT_SECRET, signWithSecret } from '../support/tokens';

interface Given {
  readonly secret: string;
  readonly token: string;
}

const directories = new TemporaryDirectories();

afterAll(() => directories.removeAll());

describe.each(['json', 'pretty'])('the log of a whole run, as LOG_FORMAT=%s', (format) => {
  let herald: HeraldProcess;
  let receiver: Receiver;
  let answers: string[];

  beforeEach(async () => {
    answers = [];
    receiver = await Receiver.start({
      otherwise: ({ method, headers }) =>
        method === 'OPTIONS'
          ? { headers: { 'webhook-allowed-origin': String(headers['webhook-request-origin']) } }
          : 200,
    });
    herald = await HeraldProcess.start({
      DATA_DIR: await directories.make(),
      AUTH: 'jwt',
      JWT_SECRET,
      VERIFY_SUBSCRIBERS: 'on',
      PUSH_PRIVATE_NETWORKS: 'allow',
      RATE_LIMIT_AUTH_FAILURES: '3',
      LOG_LEVEL: 'trace',
      LOG_FORMAT: format,
    });
  });

  afterEach(async () => {
    await herald.kill();
    await receiver.close();
  });

  async function send(method: string, path: string, token: string, body?: string): Promise<string> {
    const response = await fetch(`${herald.url}${path}`, {
      method,
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` },
      ...(body !== undefined && { body }),
    });
    const text = await response.text();
    answers.push(text);
    return text;
  }

  it('holds none of the secrets that were used in it', async () => {
    const admin = await signWithSecret(claimsAt(Date.now(), { scope: 'admin publish:* subscribe:* poll:*' }));
    const expired = await signWithSecret(claimsAt(Date.now(), { exp: 1 }));
    const forged = await signWithSecret(claimsAt(Date.now()), 'another secret, which also has 32 bytes');
    const at = `url=${encodeURIComponent(receiver.url)}`;

    const given = JSON.parse(
      await send('POST', '/subscribe/orders', admin, JSON.stringify({ url: receiver.url })),
    ) as Given;
    const rotated = JSON.parse(await send('POST', `/subscriber/secret?${at}`, given.token)) as Given;
    expect(rotated.secret).toMatch(/^whsec_/);
    await send('POST', '/publish/orders', admin, '{"n": 1}');
    receiver.otherwise = 503;
    await send('POST', '/publish/orders', admin, '{"n": 2}');
    await send('GET', `/subscriber/messages?${at}`, given.token);
    await send('PATCH', `/subscriber?${at}`, given.token, '{"paused": true}');
    await send('PATCH', `/subscriber?${at}`, given.token, '{"pausd": 1}');
    await send('DELETE', `/subscriber/messages?${at}`, given.token);
    await send('GET', '/overview', admin);
    await send('GET', '/metrics', admin);
    for (const wrong of [expired, `${admin}x`, forged, `${given.token}x`, 'no token at all']) {
      await send('POST', '/publish/orders', wrong, '1');
    }
    herald.signal('SIGTERM');
    await herald.exited;

    const signatures = receiver.received.map(({ headers }) => String(headers['webhook-signature']).slice(3));
    expect(signatures.length).toBeGreaterThanOrEqual(2);
    const secrets = [JWT_SECRET, admin, expired, forged, given.token, given.secret, rotated.secret];
    const log = [...herald.lines, herald.errorText].join('\n');
    expect(log).toContain('audit.subscribed');
    for (const secret of [...secrets, ...secrets.map(kernelOf), ...signatures]) {
      expect({ secret, isLogged: log.includes(secret) }).toEqual({ secret, isLogged: false });
    }
    // Those that are given out are given out once.
    const later = answers.slice(2).join('\n');
    for (const secret of secrets) expect(later).not.toContain(secret);
  });
});

/** What of a secret is secret. */
function kernelOf(secret: string): string {
  return secret.replace(/^(whsec_|hrld_)/, '').slice(-24);
}
