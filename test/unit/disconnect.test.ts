import { EventEmitter } from 'node:events';
import type { Request, Response } from 'express';
import { drained, onClose, onDisconnect } from '../../src/http/disconnect';

class FakeSocket extends EventEmitter {
  destroyed = false;
}

const listeners = (emitter: EventEmitter) =>
  ['close', 'drain'].reduce((sum, name) => sum + emitter.listenerCount(name), 0);

describe('onDisconnect', () => {
  let socket: FakeSocket;
  let req: Request;

  beforeEach(() => {
    socket = new FakeSocket();
    req = { socket } as unknown as Request;
  });

  it('calls when the connection closes', () => {
    const listener = jest.fn();
    onDisconnect(req, listener);
    expect(listener).not.toHaveBeenCalled();
    socket.emit('close');
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('calls at once when it has closed', () => {
    socket.destroyed = true;
    const listener = jest.fn();
    onDisconnect(req, listener);
    expect(listener).toHaveBeenCalledTimes(1);
  });

  it('leaves nothing behind when it is ended', () => {
    const listener = jest.fn();
    onDisconnect(req, listener)();
    socket.emit('close');
    expect(listener).not.toHaveBeenCalled();
  });
});

describe('onClose', () => {
  it.each(['answer', 'connection'] as const)(
    'calls once when the %s closes, and listens no more',
    (first) => {
      const connection = new FakeSocket();
      const answer = Object.assign(new EventEmitter(), { req: { socket: connection } });
      const listener = jest.fn();
      onClose(answer as unknown as Response, listener);
      ({ answer, connection })[first].emit('close');
      answer.emit('close');
      connection.emit('close');
      expect(listener).toHaveBeenCalledTimes(1);
      expect(listeners(answer) + listeners(connection)).toBe(0);
    },
  );

  it('leaves nothing behind when it is ended', () => {
    const socket = new FakeSocket();
    const res = Object.assign(new EventEmitter(), { req: { socket } });
    onClose(res as unknown as Response, jest.fn())();
    expect(listeners(res) + listeners(socket)).toBe(0);
  });
});

describe('drained', () => {
  it.each(['drain', 'close', 'the end of the connection'])(
    'resolves at %s, and listens no more',
    async (what) => {
      const socket = new FakeSocket();
      const res = Object.assign(new EventEmitter(), { req: { socket } });
      const done = drained(res as unknown as Response);
      if (what === 'drain' || what === 'close') res.emit(what);
      else socket.emit('close');
      await done;
      expect(listeners(res) + listeners(socket)).toBe(0);
    },
  );

  it('resolves when the connection has closed', async () => {
    const socket = new FakeSocket();
    socket.destroyed = true;
    const res = Object.assign(new EventEmitter(), { req: { socket } });
    await drained(res as unknown as Response);
    expect(listeners(res)).toBe(0);
  });
});
