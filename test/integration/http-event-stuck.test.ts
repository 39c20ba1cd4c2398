import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import express from 'express';
import { BuiltInSubscriber } from '../../src/broker/built-in-subscriber';
import { EventBus } from '../../src/events';
import { authenticate } from '../../src/http/auth/authenticate';
import { eventRoutes } from '../../src/http/routes/event';
import { errorHandler } from '../../src/http/middleware/error-handler';
import { captureLog } from '../support/capture-log';
import { eventually } from '../support/eventually';
import { newBrokerParts } from '../support/broker-parts';
import { UNAVAILABLE } from '../support/fakes';
import { connectTo } from '../support/raw-http';

const URL = 'http://localhost/event';

const closings: (() => void)[] = [];

afterEach(() => {
  for (const close of closings.splice(0)) close();
});

/** A server with a backlog of messages of 100 kB, where a poll is given up whose reader takes nothing for a second. */
async function start(messages: number) {
  const parts = newBrokerParts();
  const { backlog, clock, disk } = parts;
  for (let n = 0; n < messages; n += 1) {
    disk.messages.add(
      URL,
      `2026-08-04T11:00:00.${String(n).padStart(6, '0')}+00:00`,
      `"${'x'.repeat(100_000)}"`,
    );
  }
  const logged = captureLog('info');
  const builtIn = new BuiltInSubscriber();
  builtIn.setUrls([URL]);
  const app = express();
  eventRoutes(app, {
    backlog,
    builtIn,
    maxMessageBytes: 1000,
    identify: authenticate(null),
    checkPush: () => undefined,
    events: new EventBus(() => undefined),
    clock,
    log: logged.log,
    // A reader on a busy machine must not be taken for one that is stuck.
    stuckMs: 1000,
  });
  app.use(errorHandler(logged.log));
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  closings.push(() => {
    server.closeAllConnections();
    server.close();
  });
  return { disk, logged, server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

it('gives up a poll whose reader takes nothing, marks nothing received, and lets the next poll have its turn', async () => {
  const { disk, logged, url } = await start(200);

  const stuck = await connectTo(url);
  stuck.pause();
  stuck.write('GET /event HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => expect(logged.lines('event.poll_aborted')).toHaveLength(1));
  expect(disk.messages.dataOf(URL)).toHaveLength(200);

  const answer = (await (await fetch(`${url}/event`)).json()) as { messages: unknown[] };
  expect(answer.messages).toHaveLength(200);
  await eventually(() => expect(disk.messages.dataOf(URL)).toHaveLength(0));
  stuck.destroy();
});

it('leaves it to the server how long the connection may be idle afterwards', async () => {
  const { server, url } = await start(1);
  const connected = once(server, 'connection');
  const client = await connectTo(url);
  const [socket] = (await connected) as [Socket];
  client.write('GET /event HTTP/1.1\r\nHost: a\r\n\r\n');
  client.resume();
  await eventually(() => expect(client.bytesRead).toBeGreaterThan(100_000));
  // A poll waits for the one before, so that this one comes when that is over.
  await (await fetch(`${url}/event`)).text();
  expect(socket.timeout).toBeGreaterThanOrEqual(server.keepAliveTimeout);
  client.destroy();
});

it('cuts an answer in the middle of which the store fails, and says so in the log, cause and all', async () => {
  const { disk, logged, url } = await start(201);
  let pages = 0;
  disk.messages.gate = async (operation) => {
    if (operation !== 'pending') return;
    pages += 1;
    if (pages > 1) await UNAVAILABLE(operation, URL);
  };
  const response = await fetch(`${url}/event`);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
  await eventually(() => expect(logged.lines('request.failed')).toHaveLength(1));
  expect(logged.lines('request.failed')).toMatchObject([
    { level: 50, code: 'store_unavailable', path: '/event', err: { message: 'secret: the disk is full' } },
  ]);
  expect(logged.lines('event.poll_aborted')).toEqual([]);
  expect(disk.messages.dataOf(URL)).toHaveLength(201);
});
