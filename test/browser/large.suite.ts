import type { Browser, Page } from 'playwright-core';
import { closeTabs, openTab } from '../support/browser';
import { HeraldProcess } from '../support/herald-process';
import { TemporaryDirectories } from '../support/temporary-directory';

const directories = new TemporaryDirectories();
const LISTED = Array.from({ length: 10_000 }, (_, n) => `http://s.example/${n}`);
const LONGEST_URL = `http://localhost:9/${'long/'.repeat(500)}`.slice(0, 2048);

function subscriberOf(url: string, state: 'live' | 'offline' = 'live') {
  return {
    url,
    topics: ['orders'],
    state,
    inFlight: 0,
    pending: 0,
    oldestPendingAt: null,
    lastError: null,
    failingSince: null,
    nextAttemptAt: null,
    disabled: null,
  };
}

/** As the server tells of 10,002 subscribers of one topic, two of which are offline. */
const ONE_TOPIC = {
  topics: [{ topic: 'orders', subscribers: LISTED }],
  subscribers: [
    subscriberOf('http://s.example/10001', 'offline'),
    subscriberOf('http://s.example/9999', 'offline'),
    ...LISTED.slice(0, 498).map((url) => subscriberOf(url)),
  ],
  hasMore: true,
};

export function describeLarge(browser: () => Browser): void {
  describe('with very much to show', () => {
    let herald: HeraldProcess;

    beforeAll(async () => {
      herald = await HeraldProcess.start({ DATA_DIR: await directories.make() });
    });

    afterAll(async () => {
      await closeTabs(browser());
      await herald.kill();
      await directories.removeAll();
    });

    async function open(shown: object): Promise<Page> {
      const { page } = await openTab(browser());
      const overview = (await (await herald.get('/overview')).json()) as object;
      await page.route(/\/overview$/, (route) => route.fulfill({ json: { ...overview, ...shown } }));
      await page.goto(herald.url);
      await page.locator('.subscriber').first().waitFor();
      return page;
    }

    it('shows some of the subscribers of a large topic, those in trouble first, and more when asked', async () => {
      const page = await open(ONE_TOPIC);
      const urls = page.locator('.subscriber .url');
      expect(await urls.count()).toBe(20);
      expect((await urls.allTextContents()).slice(0, 3)).toEqual([
        'http://s.example/9999',
        'http://s.example/10001',
        'http://s.example/0',
      ]);
      await page.getByText('10,001+ subscribers', { exact: true }).waitFor();

      await page.getByRole('button', { name: 'Show 100 more of orders' }).focus();
      await page.keyboard.press('Enter');
      await page.locator('.subscriber').nth(119).waitFor();
      expect(await urls.count()).toBe(120);
      await expect(page.locator('.subscriber:focus .url').textContent()).resolves.toBe('http://s.example/18');
      await page.keyboard.press('Tab');
      await expect(page.locator(':focus').getAttribute('aria-label')).resolves.toBe(
        'Backlog of http://s.example/18',
      );

      await page.getByLabel('Find a topic or a URL').fill('example/7777');
      await page.locator('.subscriber', { hasText: 'http://s.example/7777' }).waitFor();
      expect(await urls.count()).toBe(1);
    });

    it('shows more topics when asked, and goes to the first of them', async () => {
      const topics = Array.from({ length: 200 }, (_, n) => ({ topic: `t${n}`, subscribers: ['http://a/'] }));
      const page = await open({ topics });
      expect(await page.locator('.topic').count()).toBe(30);
      await page.getByRole('button', { name: 'Show 120 more of 170 topics' }).click();
      await page.locator('.topic').nth(149).waitFor();
      await expect(page.locator(':focus').getAttribute('aria-label')).resolves.toBe('Topic t30');
      await page.getByRole('button', { name: 'Show 50 more of 50 topics' }).click();
      await page.locator('.topic').nth(199).waitFor();
      await expect(page.locator('.more').count()).resolves.toBe(0);
    });

    it('cuts a very long URL to three lines until all of it is asked for', async () => {
      const topics = [{ topic: 'orders', subscribers: [LONGEST_URL] }];
      const page = await open({ topics, subscribers: [subscriberOf(LONGEST_URL)] });
      const url = page.locator('.subscriber .url');
      const height = async () => (await url.boundingBox())?.height ?? 0;
      const cut = await height();
      expect(cut).toBeLessThan(70);
      await expect(url.textContent()).resolves.toBe(LONGEST_URL);
      const button = page.getByRole('button', { name: /^Show the whole URL http:\/\/localhost:9/ });
      await button.focus();
      await page.keyboard.press('Enter');
      await page.getByText('Show less').waitFor();
      expect(await height()).toBeGreaterThan(3 * cut);
      await page.keyboard.press('Enter');
      await page.getByText('Show the whole URL').waitFor();
      expect(await height()).toBe(cut);
    });
  });
}
