import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { BuiltInSubscriber } from '../../src/broker/built-in-subscriber';
import { EventBus } from '../../src/events';
import { authenticate } from '../../src/http/auth/authenticate';
import { eventRoutes } from '../../src/http/routes/event';
import { captureLog } from '../support/capture-log';
import { eventually } from '../support/eventually';
import { newBrokerParts } from '../support/broker-parts';
import { connectTo } from '../support/raw-http';

const URL = 'http://localhost/event';

it('gives up a poll whose reader takes nothing, marks nothing received, and lets the next poll have its turn', async () => {
  const { backlog, clock, disk } = newBrokerParts();
  for (let n = 0; n < 200; n += 1) {
    disk.messages.add(
      URL,
      `2026-08-04T12:00:00.${String(n).padStart(6, '0')}+00:00`,
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
  const server = createServer(app).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  const stuck = await connectTo(url);
  stuck.pause();
  stuck.write('GET /event HTTP/1.1\r\nHost: a\r\n\r\n');
  await eventually(() => expect(logged.lines('event.poll_aborted')).toHaveLength(1));
  expect(disk.messages.dataOf(URL)).toHaveLength(200);

  const answer = (await (await fetch(`${url}/event`)).json()) as { messages: unknown[] };
  expect(answer.messages).toHaveLength(200);
  await eventually(() => expect(disk.messages.dataOf(URL)).toHaveLength(0));
  stuck.destroy();
  server.closeAllConnections();
  server.close();
});
