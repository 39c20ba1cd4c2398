import { parseSubscriberUrl } from '../../src/broker/subscriber-url';
import { Receiver } from '../support/receiver';
import { startTestService, type TestService } from '../support/start-test-service';
import { claimsAt, JWT_SECRET, signWithSecret } from '../support/tokens';

type Who = 'nobody' | 'wrong scope' | 'other subscriber' | 'subscriber' | 'scope' | 'admin';

interface Row {
  readonly route: string;
  readonly method: string;
  /** `{url}` stands for the subscriber's URL, percent-encoded. */
  readonly path: string;
  readonly body?: string;
  /** The scope that the route needs besides `admin`. */
  readonly scope: string;
  /** Whether the subscriber's own token opens it. */
  readonly isOwn: boolean;
}

const OTHER_SCOPES = 'publish:other subscribe:other poll:http://other.example/*';

let service: TestService;
let receiver: Receiver;
let url: string;
let ownToken: string;
let otherToken: string;

const tokenFor = (scope: string) => signWithSecret(claimsAt(Date.now(), { scope }));

async function subscribed(path: string): Promise<string> {
  const response = await fetch(`${service.url}/subscribe/orders`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', authorization: `Bearer ${await tokenFor('admin')}` },
    body: JSON.stringify({ url: receiver.urlOf(path) }),
  });
  const { token } = (await response.json()) as { token: string };
  return token;
}

beforeAll(async () => {
  receiver = await Receiver.start();
  service = await startTestService({ AUTH: 'jwt', JWT_SECRET, VERIFY_SUBSCRIBERS: 'off' });
  url = parseSubscriberUrl(receiver.urlOf('/own'));
  ownToken = await subscribed('/own');
  otherToken = await subscribed('/other');
});

afterAll(async () => {
  await service.close();
  await receiver.close();
});

const ROWS: readonly Row[] = [
  {
    route: 'publish',
    method: 'POST',
    path: '/publish/orders',
    body: '1',
    scope: 'publish:orders',
    isOwn: false,
  },
  { route: 'list', method: 'GET', path: '/subscribers/orders', scope: 'subscribe:orders', isOwn: false },
  { route: 'describe', method: 'GET', path: '/subscriber?url={url}', scope: 'poll:{raw}', isOwn: true },
  {
    route: 'settings',
    method: 'PATCH',
    path: '/subscriber?url={url}',
    body: '{"maxInFlight": 4}',
    scope: 'poll:{raw}',
    isOwn: true,
  },
  { route: 'poll', method: 'GET', path: '/subscriber/messages?url={url}', scope: 'poll:{raw}', isOwn: true },
  {
    route: 'purge',
    method: 'DELETE',
    path: '/subscriber/messages?url={url}',
    scope: 'poll:{raw}',
    isOwn: true,
  },
  {
    route: 'ack',
    method: 'POST',
    path: '/subscriber/ack?url={url}',
    body: '{"ids": ["msg_1"]}',
    scope: 'poll:{raw}',
    isOwn: true,
  },
  { route: 'rotate', method: 'POST', path: '/subscriber/secret?url={url}', scope: 'poll:{raw}', isOwn: true },
  { route: 'the built-in poll', method: 'GET', path: '/event', scope: 'poll:{event}', isOwn: false },
  { route: 'metrics', method: 'GET', path: '/metrics', scope: '', isOwn: false },
  { route: 'the toggle', method: 'POST', path: '/toggle_post_event', scope: '', isOwn: false },
];

const CASES = ROWS.flatMap((row) =>
  (['nobody', 'wrong scope', 'other subscriber', 'subscriber', 'scope', 'admin'] as const).map(
    (who) => [row.route, who, row] as const,
  ),
);

async function headersOf(who: Who, { scope }: Row): Promise<Record<string, string>> {
  const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
  switch (who) {
    case 'nobody':
      return {};
    case 'wrong scope':
      return bearer(await tokenFor(OTHER_SCOPES));
    case 'other subscriber':
      return bearer(otherToken);
    case 'subscriber':
      return bearer(ownToken);
    case 'scope':
      return bearer(
        await tokenFor(
          scope.replace('{raw}', url).replace('{event}', service.eventUrl.replace('127.0.0.1', 'localhost')),
        ),
      );
    case 'admin':
      return bearer(await tokenFor('admin'));
  }
}

function expectedStatuses(who: Who, { scope, isOwn }: Row): readonly number[] {
  const allowed = [200, 202];
  if (who === 'nobody') return [401];
  if (who === 'wrong scope') return [403];
  if (who === 'other subscriber') return [401, 403];
  if (who === 'subscriber') return isOwn ? allowed : [403];
  if (who === 'scope') return scope === '' ? [403] : allowed;
  return allowed;
}

async function ask(who: Who, row: Row): Promise<Response> {
  return fetch(`${service.url}${row.path.replace('{url}', encodeURIComponent(url))}`, {
    method: row.method,
    headers: {
      ...(row.body !== undefined && { 'content-type': 'application/json' }),
      ...(await headersOf(who, row)),
    },
    ...(row.body !== undefined && { body: row.body }),
  });
}

describe('who may use which route with AUTH=jwt', () => {
  it.each(CASES)('%s, as %s', async (_route, who, row) => {
    const response = await ask(who, row);
    const text = await response.text();
    expect({
      isExpected: expectedStatuses(who, row).includes(response.status),
      status: response.status,
      text,
    }).toEqual({
      isExpected: true,
      status: response.status,
      text,
    });
    const challenge = response.headers.get('www-authenticate');
    expect(challenge !== null).toBe(response.status === 401 || response.status === 403);
  });

  it.each(['/', '/healthz', '/readyz'])('%s is open', async (path) => {
    expect((await service.get(path)).status).toBe(200);
  });

  it('POST /event takes signed pushes only', async () => {
    const admin = { authorization: `Bearer ${await tokenFor('admin')}` };
    const { accepting } = (await (await service.post('/toggle_post_event', '', admin)).json()) as {
      accepting: boolean;
    };
    // The table above has toggled it an unknown number of times.
    if (!accepting) await service.post('/toggle_post_event', '', admin);
    const response = await service.post('/event', '{"id":"msg_1","topic":"t","timestamp":"x","data":1}');
    expect(response.status).toBe(401);
  });

  it('lets nobody subscribe a URL that is somebody else’s', async () => {
    const post = async (headers: Record<string, string>) =>
      (
        await service.post('/subscribe/payments', JSON.stringify({ url }), {
          'content-type': 'application/json',
          authorization: `Bearer ${await tokenFor('subscribe:payments')}`,
          ...headers,
        })
      ).status;
    expect(await post({})).toBe(403);
    expect(await post({ 'herald-subscriber-token': otherToken })).toBe(403);
    expect(await post({ 'herald-subscriber-token': ownToken })).toBe(201);
  });

  it('lets the subscriber unsubscribe itself, and nobody else', async () => {
    const post = async (token: string) =>
      (
        await service.post('/unsubscribe/payments', JSON.stringify({ url }), {
          'content-type': 'application/json',
          authorization: `Bearer ${token}`,
        })
      ).status;
    expect(await post(otherToken)).toBe(401);
    expect(await post(await tokenFor('subscribe:payments'))).toBe(403);
    expect(await post(ownToken)).toBe(200);
  });
});
