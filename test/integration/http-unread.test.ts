import type { Socket } from 'node:net';
import express from 'express';
import { HttpServer } from '../../src/http/http-server';
import { deferred } from '../support/deferred';
import { eventually } from '../support/eventually';
import { connectTo } from '../support/raw-http';

/** More than the buffers of a connection take. */
const BODY = Buffer.alloc(32 * 1024 * 1024, 'x');
/** A reader must not be taken for one that is stuck because a busy machine, or a collection of a large heap, stops all. */
const UNREAD_MS = 3000;

describe('an answer that is not read', () => {
  const begun: string[] = [];
  const late = deferred();
  let cut: Promise<unknown>;
  let server: HttpServer;
  let url: string;
  const clients: Socket[] = [];

  beforeEach(async () => {
    begun.length = 0;
    const isCut = deferred();
    cut = isCut.promise;
    const app = express();
    app.get('/late', (_req, res) => void late.promise.then(() => res.send('late')));
    app.get('/:name', (req, res) => {
      begun.push(req.params.name);
      if (req.params.name === 'unread') res.once('close', () => isCut.resolve());
      res.send(BODY);
    });
    server = new HttpServer({
      app,
      host: '127.0.0.1',
      port: 0,
      maxConnections: 100,
      onRefused: () => undefined,
      unreadMs: UNREAD_MS,
    });
    await server.start();
    url = `http://127.0.0.1:${server.address.port}`;
  });

  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await server.stop(AbortSignal.abort());
  });

  async function ask(paths: readonly string[]): Promise<Socket> {
    const client = await connectTo(url);
    clients.push(client);
    client.on('error', () => undefined).pause();
    client.write(paths.map((path) => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`).join(''));
    return client;
  }

  it('is given up when its reader takes nothing, and what waits behind it is never carried out', async () => {
    await ask(['/unread', '/second', '/third']);
    await cut;
    expect(begun).toEqual(['unread']);
  });

  it('is not taken for one that is read slowly, or is still to come', async () => {
    const waiting = await ask(['/late']);
    const slow = await ask(['/slow']);
    let length = 0;
    let isReadSlowly = true;
    slow.on('data', (chunk: Buffer) => (length += chunk.length));
    // The kernel's window opens in steps of its own, so that a step has to be a large one.
    const step = setInterval(() => {
      const upTo = length + 2 * 1024 * 1024;
      slow.on('data', function pause() {
        if (length < upTo) return;
        slow.off('data', pause);
        if (isReadSlowly) slow.pause();
      });
      slow.resume();
    }, UNREAD_MS / 5);
    await ask(['/unread']);
    await cut;
    clearInterval(step);
    // The step under way must not pause it for good.
    isReadSlowly = false;
    late.resolve();
    let answer = '';
    waiting.on('data', (chunk: Buffer) => (answer += chunk.toString())).resume();
    slow.resume();
    const isAnswered = () => {
      expect(answer).toMatch(/^HTTP\/1\.1 200 [^]*late$/);
      expect(length).toBeGreaterThan(BODY.length);
    };
    await eventually(isAnswered, { timeoutMs: 20_000 });
  });
});
