import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { describeInBrowser, eventuallyShown, launchBrowser, openPage } from '../support/browser';
import { HeraldProcess } from '../support/herald-process';
import { TemporaryDirectories } from '../support/temporary-directory';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const directories = new TemporaryDirectories();

describeInBrowser('the page, for everyone', () => {
  let browser: Browser;
  let empty: HeraldProcess;
  let busy: HeraldProcess;

  beforeAll(async () => {
    browser = await launchBrowser();
    empty = await HeraldProcess.start({ DATA_DIR: await directories.make() });
    busy = await HeraldProcess.start({ DATA_DIR: await directories.make(), CIRCUIT_FAILURES: '1' });
    await fill(busy);
  });

  afterAll(async () => {
    await browser.close();
    await Promise.all([empty.kill(), busy.kill()]);
    await directories.removeAll();
  });

  it('breaks no rule of axe before anything has happened', async () => {
    const { page } = await openPage(browser, empty.url);
    await expectNoViolations(page, { looks: 2 });
    await page.close();
  });

  it('breaks no rule of axe with all that can be open', async () => {
    const { page } = await openPage(browser, busy.url);
    await page.getByLabel('Message, any JSON').fill('{"a": 1,}');
    await page.getByRole('button', { name: /^Backlog of http:\/\/localhost:9/ }).click();
    await page.locator('.waiting li').first().waitFor();
    await busy.post('/publish/topic1', '{"message": "hello"}');
    await page.locator('.tail-row.kind-message').click();
    await page.locator('.detail').waitFor();
    await expectNoViolations(page);

    await page.getByRole('button', { name: 'Purge' }).click();
    await page.locator('dialog').waitFor();
    await expectNoViolations(page, { part: 'dialog', looks: 2 });
    await page.close();
  });

  it('moves nothing for those who want no motion', async () => {
    const { page } = await openPage(browser, empty.url, { reducedMotion: 'reduce' });
    expect(
      await page.evaluate(
        "getComputedStyle(document.querySelector('.switch .knob'), '::after').transitionDuration",
      ),
    ).toBe('0s');
    await page.close();
  });
});

/** One subscriber that works and one that does not, with messages for both. */
async function fill(herald: HeraldProcess): Promise<void> {
  const built = herald.url.replace('127.0.0.1', 'localhost');
  for (const url of [`${built}/event`, 'http://localhost:9/hook']) {
    await herald.post('/subscribe/topic1', JSON.stringify({ url }));
  }
  await herald.post('/publish/topic1', '{"message": "hello"}');
  await eventuallyShown(async () => {
    const overview = (await (await herald.get('/overview')).json()) as { subscribers: { state: string }[] };
    expect(overview.subscribers.map(({ state }) => state)).toContain('offline');
  });
}

const LOOKS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 360 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'light', width: 360 },
] as const;

/** Checks the page as it is, in light and dark, wide and on a phone. */
async function expectNoViolations(page: Page, { part = 'html', looks = 4 } = {}): Promise<void> {
  for (const { colorScheme, width } of LOOKS.slice(0, looks)) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 800 });
    const violations = await violationsIn(page, part);
    expect({ colorScheme, width, violations }).toEqual({ colorScheme, width, violations: [] });
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
  }
}

/** What axe finds, in a form that says all that is needed to put it right. */
async function violationsIn(page: Page, part: string): Promise<string[]> {
  await page.evaluate(`window.axe || (() => { ${AXE} })()`);
  const { violations } = await page.evaluate<AxeResults>(
    `axe.run('${part}', { resultTypes: ['violations'] })`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${html} ${failureSummary}`),
  );
}
