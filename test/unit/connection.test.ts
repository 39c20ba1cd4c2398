import { EventEmitter } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { Connection, type WaitingRequests } from '../../src/http/connection';

class FakeSocket extends EventEmitter {
  destroyed = false;
  writable = true;

  destroy(): void {
    this.destroyed = true;
    this.writable = false;
    this.emit('close');
  }
}

class FakeResponse extends EventEmitter {
  headersSent = false;
  readonly headers = new Map<string, string>();

  setHeader(name: string, value: string): void {
    this.headers.set(name, value);
  }
}

describe('Connection', () => {
  let all: WaitingRequests;
  let socket: FakeSocket;
  let connection: Connection;
  let begun: number[];
  const onIdle = jest.fn();

  beforeEach(() => {
    all = { count: 0 };
    begun = [];
    onIdle.mockReset();
    [connection, socket] = open();
  });

  function open(): [Connection, FakeSocket] {
    const fake = new FakeSocket();
    return [new Connection(fake as unknown as Socket, all, onIdle), fake];
  }

  function add(count = 1, to = connection): FakeResponse[] {
    return Array.from({ length: count }, (_, n) => {
      const res = new FakeResponse();
      to.add(res as unknown as ServerResponse, () => begun.push(n));
      return res;
    });
  }

  it('begins each request when the one before is answered', () => {
    const [first, second, third] = add(3);
    expect(begun).toEqual([0]);
    first?.emit('close');
    expect(begun).toEqual([0, 1]);
    second?.emit('close');
    expect([begun, all.count, onIdle.mock.calls.length]).toEqual([[0, 1, 2], 0, 0]);
    third?.emit('close');
    expect([connection.isIdle, onIdle.mock.calls.length]).toEqual([true, 1]);
    add();
    expect(begun).toEqual([0, 1, 2, 0]);
  });

  it('begins nothing behind the last answer, nor once it is closed', () => {
    const [first] = add(3);
    socket.writable = false;
    first?.emit('close');
    socket.destroy();
    add();
    expect([begun, all.count]).toEqual([[0], 0]);
  });

  it('lets 1,000 requests wait, and closes at one more', () => {
    add(1001);
    expect([socket.destroyed, all.count]).toEqual([false, 1000]);
    add(2);
    expect([socket.destroyed, all.count, begun]).toEqual([true, 0, [0]]);
  });

  it('closes when too many wait on all connections together, but not one on which none does', () => {
    for (let n = 0; n < 10; n += 1) add(1001, open()[0]);
    add(1);
    expect(socket.destroyed).toBe(false);
    add(1);
    expect([socket.destroyed, all.count]).toEqual([true, 10_000]);
  });

  it.each([
    ['at once when no request is under way', 0, false, true, undefined],
    ['with the answer under way', 2, false, false, 'close'],
    ['later when that has begun', 1, true, false, undefined],
  ])('closes %s', (_name, requests, headersSent, isDestroyed, header) => {
    const [res] = add(requests);
    if (res) res.headersSent = headersSent;
    connection.close();
    expect([socket.destroyed, res?.headers.get('Connection')]).toEqual([isDestroyed, header]);
  });
});
