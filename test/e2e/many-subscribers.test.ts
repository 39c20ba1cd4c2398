import { HeraldProcess } from '../support/herald-process';
import { Receiver } from '../support/receiver';
import { TemporaryDirectories } from '../support/temporary-directory';

const SUBSCRIBERS = 1000;
/** Connections to one receiver at most; further pushes take turns. */
const MAX_CONNECTIONS = 128;

interface PublishAnswer {
  readonly delivered: readonly { readonly url: string }[];
}

const directories = new TemporaryDirectories();
let herald: HeraldProcess;
let receiver: Receiver;

beforeAll(async () => {
  receiver = await Receiver.start();
  // A busy machine may take longer than the default for all of them.
  herald = await HeraldProcess.start({ DATA_DIR: await directories.make(), PUSH_TIMEOUT_MS: '15000' });
});

afterAll(async () => {
  await herald.kill();
  await receiver.close();
  await directories.removeAll();
});

describe('a topic with 1,000 subscribers', () => {
  it('delivers one publish to all of them, over a bounded number of connections', async () => {
    const urls = Array.from({ length: SUBSCRIBERS }, (_, n) => receiver.urlOf(`/${n}`));
    const subscribed = await Promise.all(
      urls.map((url) => herald.post('/subscribe/t', JSON.stringify({ url }))),
    );
    expect(new Set(subscribed.map(({ status }) => status))).toEqual(new Set([201]));
    const answer = await herald.post('/publish/t', '{"n": 1}');
    expect(answer.status).toBe(200);
    const { delivered } = (await answer.json()) as PublishAnswer;
    expect(delivered.map(({ url }) => url).sort()).toEqual([...urls].sort());
    expect(new Set(receiver.received.map(({ path }) => path)).size).toBe(SUBSCRIBERS);
    expect(receiver.received).toHaveLength(SUBSCRIBERS);
    expect(receiver.connections).toBeLessThanOrEqual(MAX_CONNECTIONS);
  });
});
