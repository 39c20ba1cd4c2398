import { DeliveryScene, MovableClock, NEVER } from '../support/delivery-scene';

const HOUR_MS = 3_600_000;

describe('a clock that is an hour behind after a restart', () => {
  let scene: DeliveryScene;

  beforeEach(async () => {
    scene = await DeliveryScene.open();
    await scene.start(NEVER);
    await scene.subscribe({ delivery: 'poll' });
  });

  afterEach(async () => {
    await scene.close();
  });

  async function restartAnHourBack(): Promise<void> {
    const clock = new MovableClock();
    clock.moveOn(-HOUR_MS);
    await scene.start(NEVER, clock);
  }

  it('puts nothing before a cursor of then, also when the backlog was purged', async () => {
    await scene.publishMany(3);
    const { cursor } = await scene.herald.poll(scene.url);
    await scene.herald.purge(scene.url);
    await restartAnHourBack();
    const { answer } = await scene.publish();
    const page = await scene.herald.poll(scene.url, { after: String(cursor) });
    expect(page.messages.map(({ id }) => id)).toEqual([answer.id]);
  });

  it('has a message that is repeated under its key polled', async () => {
    await scene.stop();
    await scene.claimKey('k', '1', Date.now() * 1000);
    await restartAnHourBack();
    const { answer } = await scene.publish('1', { 'Idempotency-Key': 'k' });
    const page = await scene.herald.poll(scene.url);
    expect(page.messages.map(({ id }) => id)).toEqual([answer.id]);
  });
});
