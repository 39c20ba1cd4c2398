import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import express from 'express';
import { messageClassesOf } from '../../src/http/message-classes';

describe('messageClassesOf', () => {
  it('makes requests and responses whose prototypes Express has nothing to change in', async () => {
    const app = express();
    const before: unknown[] = [];
    app.get('/', (req, res) => {
      const after = [req, res].map((it): unknown => Object.getPrototypeOf(it));
      res.json({ isUnchanged: after.every((it, i) => it === before[i]), path: req.path });
    });
    const server = createServer(messageClassesOf(app), (req, res) => {
      before.push(Object.getPrototypeOf(req), Object.getPrototypeOf(res));
      app(req, res);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const response = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    await expect(response.json()).resolves.toStrictEqual({ isUnchanged: true, path: '/' });
    server.close();
  });
});
