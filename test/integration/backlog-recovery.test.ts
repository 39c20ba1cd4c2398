import { systemClock } from '../../src/clock';
import { DeliveryScene, FAST, NEVER } from '../support/delivery-scene';
import { Receiver } from '../support/receiver';
import { SlowAnswers } from '../support/slow-answers';

describe('a backlog', () => {
  let scene: DeliveryScene;

  beforeEach(async () => {
    scene = await DeliveryScene.open();
  });

  afterEach(async () => {
    await scene.close();
  });

  it('is pushed in order, each message once, when its subscriber listens again', async () => {
    await scene.start(FAST);
    const { port } = scene.receiver;
    await scene.receiver.close();
    await scene.subscribe({ maxInFlight: 1 });
    const ids = await scene.publishBatch(200);
    scene.receiver = await Receiver.start({ port });
    await scene.expectDrained();
    expect(scene.receivedIds).toEqual(ids);
  });

  it('of many pages is pushed completely, each message once, with many under way', async () => {
    await scene.start(FAST);
    await scene.subscribe({ paused: true });
    const ids = await scene.publishBatch(1000);
    await scene.herald.change(scene.url, { paused: false });
    await scene.expectDrained();
    expect(scene.receivedIds.toSorted()).toEqual(ids);
  });

  it('is not overtaken by what is published while it is pushed', async () => {
    await scene.start(FAST);
    await scene.subscribe({ paused: true, maxInFlight: 1 });
    await scene.publishBatch(300);
    scene.receiver.otherwise = new SlowAnswers(1).script;
    await scene.herald.change(scene.url, { paused: false });
    await scene.receiver.waitFor(10);
    await Promise.all(Array.from({ length: 4 }, () => scene.publishMany(40)));
    await scene.expectDrained();
    const timestamps = scene.receiver.messages.map(({ timestamp }) => timestamp);
    expect(timestamps).toHaveLength(460);
    expect(timestamps).toEqual(timestamps.toSorted());
    expect(new Set(scene.receivedIds).size).toBe(460);
  });

  it('keeps its order over a restart with a clock that was set back, which the log tells once', async () => {
    await scene.start(NEVER);
    await scene.subscribe({ delivery: 'poll' });
    const ids = await scene.publishMany(2);
    await scene.start(NEVER, { ...systemClock, now: () => systemClock.now() - 3_600_000 });
    ids.push(...(await scene.publishMany(2)));
    expect((await scene.herald.poll(scene.url)).messages.map(({ id }) => id)).toEqual(ids);
    const lines = scene.service.lines('timestamps.ahead');
    expect(lines).toHaveLength(1);
    expect(Number(lines[0]?.ahead_ms)).toBeGreaterThan(3_500_000);
  });

  it('is pushed again from its oldest message after a failure in the middle', async () => {
    await scene.start(FAST);
    await scene.subscribe({ paused: true, maxInFlight: 1 });
    const ids = await scene.publishMany(10);
    scene.receiver.answers = [200, 200, 200, { cut: true }, 200];
    await scene.herald.change(scene.url, { paused: false });
    await scene.expectDrained();
    expect(scene.receivedIds).toEqual([...ids.slice(0, 4), ...ids.slice(3)]);
  });

  it('is begun with soon after a restart', async () => {
    await scene.start(NEVER);
    scene.receiver.otherwise = 503;
    await scene.subscribe({ maxInFlight: 1 });
    const ids = await scene.publishMany(8);
    await scene.stop();
    scene.receiver.received.length = 0;
    scene.receiver.otherwise = 200;
    await scene.start(NEVER, systemClock, () => 0.1);
    await scene.expectDrained();
    expect(scene.receivedIds).toEqual(ids);
  });
});
