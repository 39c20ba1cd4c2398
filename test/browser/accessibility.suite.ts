import { readFileSync } from 'node:fs';
import type { AxeResults } from 'axe-core';
import type { Browser, Page } from 'playwright-core';
import { closeTabs, openPage } from '../support/browser';
import { HeraldProcess } from '../support/herald-process';
import { TemporaryDirectories } from '../support/temporary-directory';

const AXE = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const LONGEST_TOPIC = 't'.repeat(256);
const directories = new TemporaryDirectories();

export function describeAccessibility(browser: () => Browser): void {
  describe('for everyone', () => {
    let herald: HeraldProcess;
    let page: Page;

    beforeAll(async () => {
      herald = await HeraldProcess.start({ DATA_DIR: await directories.make(), CIRCUIT_FAILURES: '1' });
      // With motion, a colour is for a moment between what it was and what it is in the other scheme.
      ({ page } = await openPage(browser(), herald.url, { reducedMotion: 'reduce' }));
      await page.evaluate(AXE);
    });

    afterAll(async () => {
      await closeTabs(browser());
      await herald.kill();
      await directories.removeAll();
    });

    it('breaks no rule of axe before anything has happened', async () => {
      await page.locator('.first-steps').waitFor();
      await expectNoViolations(page, { looks: 2 });
    });

    it('moves nothing for those who want no motion', async () => {
      expect(
        await page.evaluate(
          "getComputedStyle(document.querySelector('.switch .knob'), '::after').transitionDuration",
        ),
      ).toBe('0s');
    });

    it('breaks no rule of axe with all that can be open, and is as wide as it is shown with the longest names', async () => {
      await fill(herald);
      await page.locator('.subscriber .state-offline').waitFor();
      await page.getByLabel('Message, any JSON').fill('{"a": 1,}');
      await page.getByRole('button', { name: /^Backlog of http:\/\/localhost:9/ }).click();
      await page.locator('.waiting li').first().waitFor();
      await page.locator('.tail-row.kind-message').click();
      await page.locator('.detail').waitFor();
      await expectNoViolations(page);

      await page.getByRole('button', { name: 'Purge' }).click();
      await page.locator('dialog').waitFor();
      await expectNoViolations(page, { part: 'dialog', looks: 2 });
    });
  });
}

/** One subscriber that works and one that does not, with a message for both. */
async function fill(herald: HeraldProcess): Promise<void> {
  const built = herald.url.replace('127.0.0.1', 'localhost');
  for (const url of [`${built}/event`, `http://localhost:9/${'hook'.repeat(60)}`]) {
    await herald.post(`/subscribe/${LONGEST_TOPIC}`, JSON.stringify({ url }));
  }
  await herald.post(`/publish/${LONGEST_TOPIC}`, '{"message": "hello"}');
}

const LOOKS = [
  { colorScheme: 'light', width: 1280 },
  { colorScheme: 'dark', width: 320 },
  { colorScheme: 'dark', width: 1280 },
  { colorScheme: 'light', width: 320 },
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
  const violations = await page.evaluate<AxeResults['violations']>(
    `axe.run('${part}', { resultTypes: ['violations'] }).then(({ violations }) => violations)`,
  );
  return violations.flatMap(({ id, nodes }) =>
    nodes.map(({ html, failureSummary = '' }) => `${id}: ${html} ${failureSummary}`),
  );
}
