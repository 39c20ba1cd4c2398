import { EventEmitter } from 'node:events';
import type { Response } from 'express';
import { BodyMemory } from '../../src/http/body-memory';

const KIB = 1024;

/** A request with these headers, and its answer. */
class Exchange {
  readonly #socket = Object.assign(new EventEmitter(), { destroyed: false });
  readonly #res: EventEmitter;

  constructor(headers: Readonly<Record<string, string>>) {
    this.#res = Object.assign(new EventEmitter(), { req: { headers, socket: this.#socket } });
  }

  hold(memory: BodyMemory, maxBodyBytes = 1000 * KIB): (bytes: number) => void {
    return memory.hold(this.#res as unknown as Response, maxBodyBytes);
  }

  answer(): void {
    this.#res.emit('close');
  }

  leave(): void {
    this.#socket.destroyed = true;
    this.#socket.emit('close');
  }

  get listeners(): number {
    return this.#socket.listenerCount('close');
  }
}

const ofLength = (kib: number) => new Exchange({ 'content-length': String(kib * KIB) });

describe('BodyMemory', () => {
  let memory: BodyMemory;

  beforeEach(() => {
    memory = new BodyMemory(300 * KIB);
  });

  function expectHeld(exchange: Exchange, maxBodyBytes?: number): void {
    expect(() => exchange.hold(memory, maxBodyBytes)).not.toThrow();
  }

  function expectRefused(exchange: Exchange, maxBodyBytes?: number): void {
    expect(() => exchange.hold(memory, maxBodyBytes)).toThrow(
      expect.objectContaining({ code: 'overloaded' }),
    );
  }

  it.each(['answer', 'leave'] as const)('holds what large bodies take until %s', (end) => {
    const first = ofLength(200);
    expectHeld(first);
    expectHeld(ofLength(100));
    expectRefused(ofLength(65));
    first[end]();
    expect(first.listeners).toBe(0);
    expectHeld(ofLength(200));
    expectRefused(ofLength(65));
  });

  it('lets go once, whatever comes after', () => {
    const first = ofLength(200);
    expectHeld(first);
    first.answer();
    first.leave();
    expectHeld(ofLength(300));
    expectRefused(ofLength(65));
  });

  it('lets go of what a body turns out not to take', () => {
    const first = new Exchange({});
    const settle = first.hold(memory, 300 * KIB);
    settle(200 * KIB);
    expectHeld(ofLength(100));
    expectRefused(ofLength(65));
    settle(1);
    expectHeld(ofLength(200));
    first.answer();
    expectRefused(ofLength(65));
  });

  it('does not count small bodies', () => {
    expectHeld(ofLength(300));
    expectHeld(ofLength(64));
    expectHeld(new Exchange({ 'content-length': '0' }));
  });

  it.each([{}, { 'content-length': '100', 'content-encoding': 'gzip' }])(
    'counts what may become of a body with %j',
    (headers) => {
      expectHeld(new Exchange(headers), 250 * KIB);
      expectRefused(ofLength(65));
    },
  );

  it('counts no more than is read of a body', () => {
    expectHeld(ofLength(100_000), 200 * KIB);
    expectHeld(ofLength(100));
  });

  it('holds nothing for whoever has left', () => {
    const gone = ofLength(300);
    gone.leave();
    expectHeld(gone);
    expectHeld(ofLength(300));
  });
});
