import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, eventuallyShown, launchBrowser, openPage } from '../support/browser';
import { CuttableProxy } from '../support/cuttable-proxy';
import { HeraldProcess } from '../support/herald-process';
import { Receiver } from '../support/receiver';
import { TemporaryDirectories } from '../support/temporary-directory';

const EVENTS = 10_000;
const LONGEST_BLOCK_MS = 500;
const directories = new TemporaryDirectories();

describeInBrowser('the page, while much happens', () => {
  let browser: Browser;
  let receiver: Receiver;
  const processes: HeraldProcess[] = [];

  beforeAll(async () => {
    browser = await launchBrowser();
    receiver = await Receiver.start();
  });

  afterEach(async () => {
    for (const context of browser.contexts()) await context.close();
    await Promise.all(processes.splice(0).map((herald) => herald.kill()));
  });

  afterAll(async () => {
    await browser.close();
    await receiver.close();
    await directories.removeAll();
  });

  async function start(env: Readonly<Record<string, string>>): Promise<HeraldProcess> {
    const herald = await HeraldProcess.start({ LOG_LEVEL: 'info', ...env });
    processes.push(herald);
    return herald;
  }

  it('goes on answering keys through 10,000 events, and shows the latest 500', async () => {
    const herald = await start({ DATA_DIR: await directories.make() });
    await herald.post('/subscribe/load.1', JSON.stringify({ url: receiver.url }));
    const { page, faults } = await openPage(browser, herald.url);
    await page.evaluate(WATCH_FRAMES);
    const sending = publishAll(herald, EVENTS / 2);
    await page.locator('#filter-topic').focus();
    await page.keyboard.type('load*');
    await expect(page.locator('#filter-topic').inputValue()).resolves.toBe('load*');
    await sending;
    await herald.post('/publish/load.1', '"the last"');
    await eventuallyShown(async () => expect((await subjects(page)).slice(0, 3)).toContain('"the last"'));
    expect(await page.locator('.tail-row').count()).toBeLessThan(60);
    const rowHeight = Number(await page.evaluate("document.querySelector('.tail-row').offsetHeight"));
    const listHeight = Number(await page.evaluate("document.getElementById('tail-list').scrollHeight"));
    expect(Math.round(listHeight / rowHeight)).toBe(500);
    expect(await page.evaluate('window.longestBlockMs')).toBeLessThan(LONGEST_BLOCK_MS);
    expect(faults).toEqual([]);
  });

  it('says that the connection is gone, comes back after a restart, and says that too', async () => {
    const dataDir = await directories.make();
    const first = await start({ DATA_DIR: dataDir });
    await first.post('/subscribe/topic1', JSON.stringify({ url: receiver.url }));
    const { page } = await openPage(browser, first.url);
    await first.post('/publish/topic1', '"before"');
    await page.locator('.tail-row', { hasText: '"before"' }).waitFor();
    await first.kill();
    await page.locator('.connection-waiting').waitFor();
    await expect(page.locator('.subscriber').count()).resolves.toBe(1);

    const second = await start({ DATA_DIR: dataDir, PORT: new URL(first.url).port });
    await page.locator('.connection-live').waitFor();
    await page.locator('.tail-row.kind-gap', { hasText: 'The server was started anew' }).waitFor();
    await page.locator('.tail-row.kind-page', { hasText: 'Connected again' }).waitFor();
    await second.post('/publish/topic1', '"after"');
    await page.locator('.tail-row', { hasText: '"after"' }).waitFor();
    expect(await subjects(page)).toContain('"before"');
  });

  it('goes on where it was when only the connection broke', async () => {
    const herald = await start({ DATA_DIR: await directories.make() });
    await herald.post('/subscribe/topic1', JSON.stringify({ url: receiver.url }));
    const proxy = await CuttableProxy.start(herald.url);
    const { page } = await openPage(browser, proxy.url);
    await herald.post('/publish/topic1', '"before"');
    await page.locator('.tail-row', { hasText: '"before"' }).waitFor();
    const reopen = await proxy.cut();
    await page.locator('.connection-waiting').waitFor();
    await herald.post('/publish/topic1', '"meanwhile"');
    await reopen();
    await page.locator('.tail-row', { hasText: '"meanwhile"' }).waitFor();
    expect(await page.locator('.tail-row.kind-gap').count()).toBe(0);
    await proxy.close();
  });
});

/** Keeps in `longestBlockMs` for how long the page drew nothing at the longest. */
const WATCH_FRAMES = `
  window.longestBlockMs = 0;
  let last = performance.now();
  (function frame(now) {
    window.longestBlockMs = Math.max(window.longestBlockMs, now - last);
    last = now;
    requestAnimationFrame(frame);
  })(last);
`;

/** Publishes as fast as the server takes it: each message is two events, since there is one subscriber. */
async function publishAll(herald: HeraldProcess, messages: number): Promise<void> {
  const BATCH = 1000;
  for (let sent = 0; sent < messages; sent += BATCH) {
    const lines = Array.from({ length: BATCH }, (_, index) => `{"n":${sent + index}}\n`);
    const response = await fetch(`${herald.url}/publish/load.1`, {
      method: 'POST',
      headers: { 'content-type': 'application/x-ndjson' },
      body: lines.join(''),
    });
    expect(await response.text()).toMatch(/"delivered":\[{/);
  }
}

async function subjects(page: Page): Promise<string[]> {
  return page.locator('.tail-row .subject').allTextContents();
}
