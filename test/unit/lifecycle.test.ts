import { Lifecycle, unlessAborted } from '../../src/lifecycle';
import type { Component } from '../../src/lifecycle';
import { captureLog } from '../support/capture-log';
import { deferred, settled } from '../support/deferred';
import { ManualClock } from '../support/manual-clock';

const TIMEOUT_MS = 1000;

describe('Lifecycle', () => {
  let events: string[];
  let clock: ManualClock;
  let logged: ReturnType<typeof captureLog>;

  beforeEach(() => {
    events = [];
    clock = new ManualClock();
    logged = captureLog();
  });

  function lifecycleOf(...components: Component[]): Lifecycle {
    return new Lifecycle(components, clock, logged.log);
  }

  function component(name: string, overrides: Partial<Component> = {}): Component {
    const note = (event: string) => {
      events.push(event);
      return Promise.resolve();
    };
    return { name, start: () => note(`+${name}`), stop: () => note(`-${name}`), ...overrides };
  }

  it('starts in order and stops in reverse', async () => {
    const lifecycle = lifecycleOf(component('a'), component('b'), component('c'));
    await lifecycle.start(TIMEOUT_MS);
    await lifecycle.stop(TIMEOUT_MS);
    expect(events).toEqual(['+a', '+b', '+c', '-c', '-b', '-a']);
  });

  it('starts a component only once the one before it is up', async () => {
    const up = deferred();
    const lifecycle = lifecycleOf(component('a', { start: () => up.promise }), component('b'));
    const starting = lifecycle.start(TIMEOUT_MS);
    await settled();
    expect(events).toEqual([]);
    up.resolve();
    await starting;
    expect(events).toEqual(['+b']);
  });

  it('stops a component only once the one after it has stopped', async () => {
    const down = deferred();
    const lifecycle = lifecycleOf(component('a'), component('b', { stop: () => down.promise }));
    await lifecycle.start(TIMEOUT_MS);
    const stopping = lifecycle.stop(TIMEOUT_MS);
    await settled();
    expect(events).toEqual(['+a', '+b']);
    down.resolve();
    await stopping;
    expect(events).toEqual(['+a', '+b', '-a']);
  });

  it('takes components that have only a start or only a stop', async () => {
    const lifecycle = lifecycleOf(
      { name: 'a', stop: () => Promise.resolve(void events.push('-a')) },
      { name: 'b', start: () => Promise.resolve(void events.push('+b')) },
    );
    await lifecycle.start(TIMEOUT_MS);
    await lifecycle.stop(TIMEOUT_MS);
    expect(events).toEqual(['+b', '-a']);
  });

  it('stops what it started when a component fails to start, and throws its error', async () => {
    const failing = component('c', { start: () => Promise.reject(new Error('c is broken')) });
    const lifecycle = lifecycleOf(component('a'), component('b'), failing, component('d'));
    await expect(lifecycle.start(TIMEOUT_MS)).rejects.toThrow('c is broken');
    expect(events).toEqual(['+a', '+b', '-b', '-a']);
  });

  it("throws the failed start's error also when stopping the others fails too", async () => {
    const lifecycle = lifecycleOf(
      component('a', { stop: () => Promise.reject(new Error('a does not stop')) }),
      component('b', { start: () => Promise.reject(new Error('b is broken')) }),
    );
    await expect(lifecycle.start(TIMEOUT_MS)).rejects.toThrow('b is broken');
    expect(logged.lines('component.stop_failed')).toMatchObject([{ component: 'a' }]);
  });

  it('stops the others when one fails to, logs it, and throws at the end', async () => {
    const fault = new Error('b hangs');
    const lifecycle = lifecycleOf(
      component('a'),
      component('b', { stop: () => Promise.reject(fault) }),
      component('c'),
    );
    await lifecycle.start(TIMEOUT_MS);
    await expect(lifecycle.stop(TIMEOUT_MS)).rejects.toMatchObject({ errors: [fault] });
    expect(events).toEqual(['+a', '+b', '+c', '-c', '-a']);
    expect(logged.lines('component.stop_failed')).toMatchObject([{ component: 'b', level: 50 }]);
  });

  it('stops once, however often it is asked', async () => {
    const lifecycle = lifecycleOf(component('a'));
    await lifecycle.start(TIMEOUT_MS);
    const first = lifecycle.stop(TIMEOUT_MS);
    const second = lifecycle.stop(TIMEOUT_MS);
    expect(second).toBe(first);
    await second;
    await lifecycle.stop(TIMEOUT_MS);
    expect(events).toEqual(['+a', '-a']);
  });

  it('tells every component to give up once the time is over', async () => {
    const aborted: string[] = [];
    const untilAborted = (name: string) => (deadline: AbortSignal) =>
      new Promise<void>((resolve) => {
        const giveUp = () => {
          aborted.push(name);
          resolve();
        };
        if (deadline.aborted) giveUp();
        else deadline.addEventListener('abort', giveUp);
      });
    const lifecycle = lifecycleOf(
      component('a', { stop: untilAborted('a') }),
      component('b', { stop: untilAborted('b') }),
    );
    await lifecycle.start(TIMEOUT_MS);
    const stopping = lifecycle.stop(TIMEOUT_MS);
    await clock.advanceAsync(TIMEOUT_MS - 1);
    expect(aborted).toEqual([]);
    await clock.advanceAsync(1);
    await stopping;
    expect(aborted).toEqual(['b', 'a']);
  });

  it('leaves behind a component that does not even give up, says so, and stops the others', async () => {
    const hanging = component('b', { stop: () => deferred().promise });
    const lifecycle = lifecycleOf(component('a'), hanging, component('c'));
    await lifecycle.start(TIMEOUT_MS);
    const stopping = lifecycle.stop(TIMEOUT_MS);
    const failure = stopping.catch((error: unknown) => error);
    await clock.advanceAsync(TIMEOUT_MS);
    expect(events).toEqual(['+a', '+b', '+c', '-c']);
    await clock.advanceAsync(1000);
    expect(await failure).toBeInstanceOf(AggregateError);
    expect(events).toEqual(['+a', '+b', '+c', '-c', '-a']);
    expect(logged.lines('component.stop_failed')).toMatchObject([{ component: 'b' }]);
    expect(clock.pendingTimers).toBe(0);
  });

  it('leaves behind a component whose turn to stop comes after the deadline as well', async () => {
    const slow = component('b', { stop: () => deferred().promise });
    const lifecycle = lifecycleOf(component('a', { stop: () => deferred().promise }), slow);
    await lifecycle.start(TIMEOUT_MS);
    const failure = lifecycle.stop(TIMEOUT_MS).catch((error: unknown) => error);
    await clock.advanceAsync(TIMEOUT_MS);
    await clock.advanceAsync(1000);
    await clock.advanceAsync(1000);
    expect(await failure).toMatchObject({ errors: [expect.any(Error), expect.any(Error)] });
  });

  it('leaves no timer behind', async () => {
    const lifecycle = lifecycleOf(
      component('a'),
      component('b', { stop: () => Promise.reject(new Error('x')) }),
    );
    await lifecycle.start(TIMEOUT_MS);
    await expect(lifecycle.stop(TIMEOUT_MS)).rejects.toThrow(AggregateError);
    expect(clock.pendingTimers).toBe(0);
  });
});

describe('unlessAborted', () => {
  it('resolves with the work', async () => {
    const work = deferred();
    let isDone = false;
    const waiting = unlessAborted(work.promise, new AbortController().signal).then(() => (isDone = true));
    await settled();
    expect(isDone).toBe(false);
    work.resolve();
    await waiting;
  });

  it('resolves when the deadline aborts before', async () => {
    const deadline = new AbortController();
    const waiting = unlessAborted(deferred().promise, deadline.signal);
    deadline.abort();
    await expect(waiting).resolves.toBeUndefined();
  });

  it('resolves at once when the deadline is over', async () => {
    await expect(unlessAborted(deferred().promise, AbortSignal.abort())).resolves.toBeUndefined();
  });

  it('rejects as the work does', async () => {
    const work = Promise.reject(new Error('no'));
    await expect(unlessAborted(work, new AbortController().signal)).rejects.toThrow('no');
  });
});
