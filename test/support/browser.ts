import { existsSync } from 'node:fs';
import { chromium, type Browser, type BrowserContextOptions, type Page } from 'playwright-core';
import { eventually } from './eventually';

/** The first is the same browser without a window, and starts in half the time. */
const CHROMIUM = [
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
].find((path) => existsSync(path));

/** A browser on a busy machine can be slow. */
const TIMEOUT_MS = 60_000;
const WAIT_MS = 15_000;

/**
 * `describe` where there is a browser; elsewhere the tests are skipped, and their title says why. The tests share the
 * browser, and have tabs of their own.
 */
export function describeInBrowser(title: string, tests: (browser: () => Browser) => void): void {
  jest.setTimeout(TIMEOUT_MS);
  let browser: Browser | undefined;
  const started = (): Browser => {
    if (browser === undefined) throw new Error('The browser is started before the tests');
    return browser;
  };
  if (CHROMIUM === undefined) {
    describe.skip(`${title} (skipped: there is no browser; apt-get install chromium-headless-shell)`, () => {
      tests(started);
    });
    return;
  }
  describe(title, () => {
    beforeAll(async () => {
      browser = await launchBrowser();
    });

    afterAll(() => browser?.close());

    tests(started);
  });
}

/** A browser with a profile that is removed when it is closed. */
export async function launchBrowser(): Promise<Browser> {
  if (CHROMIUM === undefined) throw new Error('There is no browser');
  return chromium.launch({
    executablePath: CHROMIUM,
    args: [
      '--no-sandbox',
      '--disable-gpu',
      // Fewer processes to start.
      '--in-process-gpu',
      '--renderer-process-limit=1',
      '--disable-quic',
      '--no-first-run',
      '--disable-background-networking',
      '--disable-component-update',
      '--disable-sync',
    ],
  });
}

/** What was opened would go on following its server, or looking for it. */
export async function closeTabs(browser: Browser): Promise<void> {
  await Promise.all(browser.contexts().map((context) => context.close()));
}

/** `eventually`, with the time that a browser on a busy machine may need. */
export function eventuallyShown<T>(assertion: () => Promise<T>): Promise<T> {
  return eventually(assertion, { timeoutMs: WAIT_MS });
}

/** A tab, and what went wrong in it. */
export interface Tab {
  readonly page: Page;
  /** Uncaught errors, and what the browser complained of: violations of the page's policy, for example. */
  readonly faults: string[];
}

export async function openTab(browser: Browser, options: BrowserContextOptions = {}): Promise<Tab> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  page.setDefaultTimeout(WAIT_MS);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (message) => {
    // That a request failed is said in the page, where it matters.
    const isFault = message.type() === 'error' && !message.text().startsWith('Failed to load resource');
    if (isFault) faults.push(message.text());
  });
  return { page, faults };
}

/** Opens the page, and waits until it follows the server. */
export async function openPage(
  browser: Browser,
  url: string,
  options: BrowserContextOptions = {},
): Promise<Tab> {
  const tab = await openTab(browser, options);
  await loadPage(tab, url);
  return tab;
}

/**
 * Loads the page anew in a tab, and waits until it follows the server. In a tab that had it before that takes a quarter
 * of the time of a new one, and nothing is left of what was there but what the tab's session storage holds.
 */
export async function loadPage({ page, faults }: Tab, url: string): Promise<void> {
  faults.length = 0;
  await page.goto(url);
  await page.locator('.connection-live').waitFor();
  await page.locator('.topics .topic, .first-steps').first().waitFor();
}
