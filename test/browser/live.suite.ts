import type { Browser, Page, Request } from 'playwright-core';
import { closeTabs, loadPage, openTab, type Tab } from '../support/browser';
import { CuttableProxy } from '../support/cuttable-proxy';
import { deferred } from '../support/deferred';
import { HeraldProcess } from '../support/herald-process';
import { Standstills } from '../support/standstills';
import { TemporaryDirectories } from '../support/temporary-directory';

const EVENTS = 10_000;
/** With the built-in subscriber: a message is published, its delivery attempted, and it is received. */
const EVENTS_PER_MESSAGE = 3;
const LONGEST_BLOCK_MS = 500;
const MOST_DRAWS_PER_SECOND = 10;
const directories = new TemporaryDirectories();

export function describeLive(browser: () => Browser): void {
  describe('while much happens', () => {
    let tab: Tab;
    let dataDir: string;
    let herald: HeraldProcess;

    beforeAll(async () => {
      dataDir = await directories.make();
      herald = await start();
      tab = await openTab(browser());
      const url = `${herald.url.replace('127.0.0.1', 'localhost')}/event`;
      await herald.post('/subscribe/topic1', JSON.stringify({ url }));
    });

    afterAll(async () => {
      await closeTabs(browser());
      await herald.kill();
      await directories.removeAll();
    });

    /** Lines about each of thousands of messages would cost this process more than the messages. */
    function start(env: Readonly<Record<string, string>> = {}): Promise<HeraldProcess> {
      return HeraldProcess.start({ DATA_DIR: dataDir, LOG_LEVELS: 'broker=warn,http=warn', ...env });
    }

    it('goes on answering keys through 10,000 events, and shows the latest 500', async () => {
      await loadPage(tab, herald.url);
      const { page, faults } = tab;
      await page.evaluate(WATCH);
      const standstills = Standstills.watch();
      const sending = publishAll(herald, Math.ceil(EVENTS / EVENTS_PER_MESSAGE));
      await page.locator('#filter-topic').focus();
      await page.keyboard.type('topic*');
      await expect(page.locator('#filter-topic').inputValue()).resolves.toBe('topic*');
      await sending;
      await herald.post('/publish/topic1', '"the last"');
      await page.locator('.tail-row .subject', { hasText: '"the last"' }).first().waitFor();
      expect((await subjects(page)).slice(0, 3)).toContain('"the last"');
      expect(await page.locator('.tail-row').count()).toBeLessThan(60);
      const rowHeight = Number(await page.evaluate("document.querySelector('.tail-row').offsetHeight"));
      const listHeight = Number(await page.evaluate("document.getElementById('tail-list').scrollHeight"));
      expect(Math.round(listHeight / rowHeight)).toBe(500);
      const { longestMs } = standstills.end();
      const { draws, seconds } = await page.evaluate<{ draws: number; seconds: number }>('drawn()');
      expect(draws).toBeLessThan(seconds * MOST_DRAWS_PER_SECOND + 10);
      expect(await page.evaluate('window.longestBlockMs')).toBeLessThan(LONGEST_BLOCK_MS + longestMs);
      expect(faults).toEqual([]);
    });

    it('goes on where it was when only the connection broke', async () => {
      const proxy = await CuttableProxy.start(herald.url);
      await loadPage(tab, proxy.url);
      const { page } = tab;
      await herald.post('/publish/topic1', '"before"');
      await page.locator('.tail-row', { hasText: '"before"' }).first().waitFor();
      const reopen = await proxy.cut();
      await page.locator('.connection-waiting').waitFor();
      await herald.post('/publish/topic1', '"meanwhile"');
      await reopen();
      await page.locator('.tail-row', { hasText: '"meanwhile"' }).first().waitFor();
      expect(await page.locator('.tail-row.kind-gap').count()).toBe(0);
      await proxy.close();
    });

    it('says that the connection is gone, comes back after a restart, and says that too', async () => {
      await loadPage(tab, herald.url);
      const { page } = tab;
      await herald.post('/publish/topic1', '"before"');
      await page.locator('.tail-row', { hasText: '"before"' }).first().waitFor();
      await herald.kill();
      await page.locator('.connection-waiting').waitFor();
      await expect(page.locator('.subscriber').count()).resolves.toBe(1);

      herald = await start({ PORT: new URL(herald.url).port });
      await page.locator('.connection-live').waitFor();
      await page.locator('.tail-row.kind-gap', { hasText: 'The server was started anew' }).waitFor();
      await page.locator('.tail-row.kind-page', { hasText: 'Connected again' }).waitFor();
      await herald.post('/publish/topic1', '"after"');
      await page.locator('.tail-row', { hasText: '"after"' }).first().waitFor();
      expect(await subjects(page)).toContain('"before"');
    });

    it('says that the server does not answer, and asks it again', async () => {
      const { page } = tab;
      await page.clock.install();
      await loadPage(tab, herald.url);
      const overview = await leaveUnanswered(page, /\/overview$/);
      const publish = await leaveUnanswered(page, /\/publish\/topic1$/);
      const [asked] = await Promise.all([
        overview.asked,
        publish.asked,
        page.clock.runFor(5000),
        page.locator('#publish').getByRole('button', { name: 'Publish' }).click(),
      ]);
      await page.clock.runFor(31_000);
      await page.locator('#publish .note-bad', { hasText: 'did not answer within 30 s; it may' }).waitFor();
      await page.locator('.topics .note-bad', { hasText: 'did not answer within 30 s' }).waitFor();
      expect(asked.failure()).not.toBeNull();
      await Promise.all([overview.goOn(), publish.goOn()]);
      await herald.post('/subscribe/topic2', '{"url": "http://localhost:9/hook"}');
      await page.getByLabel('Topic topic2').waitFor();
    });

    it('gives its connection back while it is hidden, and then goes on where it was', async () => {
      const { page } = tab;
      await page.clock.install();
      await loadPage(tab, herald.url);
      await herald.post('/publish/topic1', '"seen"');
      await page.locator('.tail-row', { hasText: '"seen"' }).first().waitFor();
      await setHidden(page, true);
      await Promise.all([
        page.waitForEvent('requestfailed', (request) => request.url().endsWith('/tail')),
        page.clock.runFor(11_000),
      ]);
      await page.locator('.connection-resting').waitFor();
      await herald.post('/publish/topic1', '"unseen"');
      // For longer than any pause before another try.
      await page.clock.runFor(11_000);
      await expect(page.locator('.connection-resting').count()).resolves.toBe(1);
      await setHidden(page, false);
      await page.locator('.tail-row', { hasText: '"unseen"' }).first().waitFor();
      expect(await page.locator('.tail-row.kind-gap, .tail-row.kind-page').count()).toBe(0);
    });
  });
}

/**
 * Counts how often the list of events is drawn, and keeps in `longestBlockMs` for how long the page answered nothing at
 * the longest, https://w3c.github.io/longtasks/. Not by the frames that it draws: of those, the browser leaves some out
 * for a second when the machine is busy.
 */
const WATCH = `
  window.longestBlockMs = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) window.longestBlockMs = Math.max(window.longestBlockMs, duration);
  }).observe({ type: 'longtask' });
  const begunAt = performance.now();
  let draws = 0;
  new MutationObserver(() => draws++).observe(document.querySelector('.tail-body'), { childList: true, subtree: true });
  window.drawn = () => ({ draws, seconds: (performance.now() - begunAt) / 1000 });
`;

/**
 * Answers no request to where `path` matches until `goOn` is called. `asked` resolves with the first of them, whenever that
 * comes: the page may ask before anybody waits for it.
 */
async function leaveUnanswered(page: Page, path: RegExp) {
  const asked = deferred<Request>();
  await page.route(path, (route) => {
    asked.resolve(route.request());
  });
  return { asked: asked.promise, goOn: () => page.unroute(path) };
}

/** Makes the page take itself for hidden or shown: a browser without a window hides none. */
async function setHidden(page: Page, isHidden: boolean): Promise<void> {
  await page.evaluate(`
    Object.defineProperty(document, 'hidden', { configurable: true, value: ${isHidden} });
    document.dispatchEvent(new Event('visibilitychange'));
  `);
}

/** Publishes as fast as the server takes it. */
async function publishAll(herald: HeraldProcess, messages: number): Promise<void> {
  const BATCH = 1000;
  for (let sent = 0; sent < messages; sent += BATCH) {
    const length = Math.min(BATCH, messages - sent);
    const lines = Array.from({ length }, (_, index) => `{"n":${sent + index}}\n`);
    const response = await fetch(`${herald.url}/publish/topic1`, {
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
