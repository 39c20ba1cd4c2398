import type { Browser, Locator, Page } from 'playwright-core';
import { closeTabs, eventuallyShown, loadPage, openTab, type Tab } from '../support/browser';
import { HeraldProcess } from '../support/herald-process';
import { TemporaryDirectories } from '../support/temporary-directory';

const directories = new TemporaryDirectories();

/** An overview that left something out. */
const MANY = {
  topics: Array.from({ length: 500 }, (_, n) => ({ topic: `t${n}`, subscribers: [`http://s.example/${n}`] })),
  subscribers: Array.from({ length: 500 }, (_, n) => ({
    url: `http://s.example/${n}`,
    topics: [`t${n}`],
    state: 'draining',
    inFlight: 0,
    pending: 2,
    oldestPendingAt: null,
    lastError: null,
    failingSince: null,
    nextAttemptAt: null,
    disabled: null,
  })),
  hasMore: true,
};

/** Keeps the times that charts write at their axes. */
const RECORD_TIMES = `
  const drawnTimes = (window.drawnTimes = []);
  const { fillText } = CanvasRenderingContext2D.prototype;
  CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
    if (text.includes(':')) drawnTimes.push(text);
    return fillText.call(this, text, ...rest);
  };
`;

export function describeWalk(browser: () => Browser): void {
  describe('used from an empty server on', () => {
    let tab: Tab;
    let herald: HeraldProcess;
    let eventUrl: string;

    beforeAll(async () => {
      const dataDir = await directories.make();
      herald = await HeraldProcess.start({ DATA_DIR: dataDir, RETRY_FIRST_DELAY_MS: '100' });
      tab = await openTab(browser());
      eventUrl = `${herald.url.replace('127.0.0.1', 'localhost')}/event`;
    });

    afterEach(async () => {
      await empty(herald, eventUrl);
    });

    afterAll(async () => {
      await closeTabs(browser());
      await herald.kill();
      await directories.removeAll();
    });

    async function open(): Promise<Page> {
      await loadPage(tab, herald.url);
      return tab.page;
    }

    it('shows a message delivered, failed and redelivered, by clicks', async () => {
      const page = await open();
      await page.getByRole('button', { name: 'Subscribe the built-in subscriber to topic1' }).click();
      const row = page.locator('.subscriber', { hasText: eventUrl });
      await row.getByText('Live', { exact: true }).waitFor();

      const exact = '{"number": 12345678901234567890, "one": 1.0}';
      await page.getByLabel('Message, any JSON').fill(exact);
      await page.locator('#publish').getByRole('button', { name: 'Publish' }).click();
      await page.getByText('The subscriber received the message').waitFor();
      await page.locator('.received li', { hasText: exact }).waitFor();

      await page.getByRole('switch').click();
      await page.getByRole('switch', { checked: false }).waitFor();
      await page.locator('#publish').getByRole('button', { name: 'Publish' }).click();
      await page.locator('#publish .outcomes', { hasText: 'HTTP 503' }).getByText('stored').waitFor();
      await factOf(row, 'Waiting', /^1\b/).waitFor();
      await factOf(row, 'Last error', /HTTP 503/).waitFor();
      await page.locator('.tail-row.kind-attempt', { hasText: 'HTTP 503' }).first().waitFor();

      await page.getByRole('switch').click();
      await factOf(row, 'Waiting', /^0$/).waitFor();
      await eventuallyShown(async () => expect(await page.locator('.received li').count()).toBe(2));
      expect(tab.faults).toEqual([]);
    });

    it('shows what a subscriber is given once', async () => {
      const page = await open();
      const url = 'http://localhost:9/once';
      await page.locator('#subscribe-url').fill(url);
      await page.locator('#subscribe').getByRole('button', { name: 'Subscribe' }).click();
      await page.locator('.credentials code', { hasText: /^whsec_/ }).waitFor();
      await page.locator('.credentials code', { hasText: /^hrld_/ }).waitFor();
      await page.locator('#subscribe').getByRole('button', { name: 'Subscribe' }).click();
      await page.getByText('Already subscribed to topic1').waitFor();
      await expect(page.locator('.credentials').count()).resolves.toBe(0);
      await herald.post('/unsubscribe/topic1', JSON.stringify({ url }));
    });

    it('pauses, replays one, purges after asking, resumes, unsubscribes and undoes it', async () => {
      await subscribeBuiltIn(herald, eventUrl);
      const page = await open();
      const row = page.locator('.subscriber', { hasText: eventUrl });
      await row.getByRole('button', { name: 'Pause' }).click();
      await row.getByText('Paused', { exact: true }).waitFor();
      for (const data of ['"first"', '"second"', '"third"']) await herald.post('/publish/topic1', data);

      await row.getByRole('button', { name: 'Backlog' }).click();
      const waiting = row.locator('.waiting li');
      await eventuallyShown(async () => expect(await waiting.allTextContents()).toHaveLength(3));
      await waiting.filter({ hasText: '"second"' }).getByRole('button', { name: 'Replay' }).click();
      await page.locator('.received li', { hasText: '"second"' }).waitFor();
      await eventuallyShown(async () => expect(await waiting.allTextContents()).toHaveLength(2));

      await row.getByRole('button', { name: 'Purge' }).click();
      await page.getByRole('dialog', { name: 'Purge 2 messages?' }).waitFor();
      await page.keyboard.press('Escape');
      await eventuallyShown(async () => expect(await page.locator('dialog').count()).toBe(0));
      expect(await waiting.count()).toBe(2);
      await row.getByRole('button', { name: 'Purge' }).click();
      await page.getByRole('button', { name: 'Purge 2 messages' }).click();
      await row.getByText('Purged 2 messages').waitFor();
      await factOf(row, 'Waiting', /^0$/).waitFor();

      await row.getByRole('button', { name: 'Resume' }).click();
      await row.getByText('Live', { exact: true }).waitFor();
      await row.getByRole('button', { name: 'Unsubscribe' }).click();
      await page.getByText('Nobody is subscribed yet').waitFor();
      await page.getByRole('button', { name: 'Undo' }).click();
      await row.getByText('Live', { exact: true }).waitFor();
    });

    it('fetches what waits for the built-in subscriber, as published', async () => {
      await subscribeBuiltIn(herald, eventUrl);
      const page = await open();
      await page.locator('.subscriber').getByRole('button', { name: 'Pause' }).click();
      await page.locator('.subscriber').getByText('Paused', { exact: true }).waitFor();
      await herald.post('/publish/topic1', '{"a":1.0,"b":[12345678901234567890,"}\\""]}');
      await page.getByRole('button', { name: 'Fetch what waits' }).click();
      await page.getByText('1 message was waiting').waitFor();
      const fetched = page.locator('.received li', {
        hasText: '{"a":1.0,"b":[12345678901234567890,"}\\""]}',
      });
      await expect(fetched.textContent()).resolves.toContain('fetched');
    });

    it('says where a mistake is while one types, and what the server refuses', async () => {
      const page = await open();
      const editor = page.getByLabel('Message, any JSON');
      await editor.fill('{\n  "a": 1,\n}');
      await expect(page.locator('.fault').textContent()).resolves.toMatch(
        /Line 3, column 1\s*Remove the comma before this }/,
      );
      await expect(editor.getAttribute('aria-invalid')).resolves.toBe('true');
      await page.getByRole('button', { name: 'Line 3, column 1' }).click();
      await expect(page.evaluate('document.activeElement.selectionStart')).resolves.toBe(12);

      await editor.fill('1');
      await page.locator('#publish-topic').fill('no one');
      await editor.press('Control+Enter');
      await page.locator('#publish .note-bad').waitFor();
      // Sent sooner after it was typed than the page shows it.
      await page.evaluate(`
        const topic = document.querySelector('#publish-topic');
        topic.value = 'nobody';
        topic.dispatchEvent(new InputEvent('input', { bubbles: true }));
        document
          .querySelector('#publish-data')
          .dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', ctrlKey: true, bubbles: true, cancelable: true }));
      `);
      await page.locator('#publish .note-bad', { hasText: 'no subscribed endpoints' }).waitFor();

      await page.locator('#subscribe-url').fill('http://user:secret@localhost/');
      await page.locator('#subscribe').getByRole('button', { name: 'Subscribe' }).click();
      await expect(page.locator('#subscribe .note-bad').textContent()).resolves.toMatch(
        /user name or password/,
      );
    });

    it('shows a message in full, says what is cut, and filters', async () => {
      await subscribeBuiltIn(herald, eventUrl);
      const page = await open();
      await herald.post('/publish/topic1', `{"n":12345678901234567890,"text":"${'x'.repeat(3000)}"}`);
      await page.locator('.tail-row.kind-message').click();
      await expect(page.locator('.detail .data').textContent()).resolves.toMatch(
        /^{\n {2}"n": 12345678901234567890,\n {2}"text": "x+…$/,
      );
      await page.getByText(/The first 2,048 characters of 3 KiB/).waitFor();
      await page.locator('.detail').getByText('delivered 200').waitFor();
      await page.keyboard.press('Escape');
      await page.locator('.detail').waitFor({ state: 'detached' });

      await page.getByLabel('Outcome').selectOption('delivered');
      await eventuallyShown(async () => {
        expect(await page.locator('.tail-row').count()).toBe(1);
        expect(await page.locator('.tail-row.kind-attempt').count()).toBe(1);
      });
      await page.getByLabel('Outcome').selectOption('timeout');
      await page.getByText('Nothing that the filter lets through').waitFor();
      await page.getByRole('button', { name: 'Show all' }).click();
      await page.locator('#filter-topic').fill('topic*');
      await eventuallyShown(async () => expect(await page.locator('.tail-row').count()).toBe(3));
    });

    it('can be used by the keyboard alone', async () => {
      const page = await open();
      await page.locator('.first-steps').waitFor();
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('Skip to topics and subscribers');
      await page.keyboard.press('Enter');
      await page.keyboard.press('Tab');
      expect(await focused(page)).toBe('Subscribe the built-in subscriber to topic1');
      await page.keyboard.press('Enter');
      await page.locator('.subscriber', { hasText: eventUrl }).waitFor();

      await tabTo(page, 'Message, any JSON');
      await page.keyboard.press('Control+Enter');
      await page.locator('.received li', { hasText: 'hello' }).waitFor();
      await tabTo(page, 'Accepting');
      await page.keyboard.press('Space');
      await page.getByRole('switch', { checked: false }).waitFor();

      await tabTo(page, 'Events, the newest first');
      await page.keyboard.press('End');
      await page.keyboard.press('Enter');
      await page.locator('.detail').waitFor();
      expect(await focused(page)).toMatch(/^Close/);
      await page.keyboard.press('Escape');
      expect(await focused(page)).toBe('Events, the newest first');
    });

    it('says of figures that are of what is shown that they are, and that a search found nothing', async () => {
      const { page } = await openTab(browser());
      const overview = (await (await herald.get('/overview')).json()) as object;
      await page.route(/\/overview$/, (route) => route.fulfill({ json: { ...overview, ...MANY } }));
      await page.goto(herald.url);
      await eventuallyShown(async () =>
        expect(await page.locator('.totals span').allTextContents()).toEqual([
          '500+ topics',
          '500+ subscribers',
          '1,000 messages waiting of those shown',
        ]),
      );
      await page.getByLabel('Find a topic or a URL').fill('t9999');
      await page.getByText('None found').waitFor();
      await page.getByText('Who is left out is not found').waitFor();
      await page.getByLabel('Find a topic or a URL').fill('t499');
      await page.getByLabel('Topic t499').waitFor();
      await expect(page.getByText('None found').count()).resolves.toBe(0);
    });

    it('asks for a token when the server does, keeps it for the tab, and forgets it', async () => {
      const { page } = await openTab(browser());
      await guard(page, () => 'right');
      await page.addInitScript(RECORD_TIMES);
      await page.goto(herald.url);
      await page.getByText('Enter a token to see topics').waitFor();
      await page.locator('.connection', { hasText: 'No token' }).waitFor();
      await page.locator('#publish').getByRole('button', { name: 'Publish' }).click();
      await page.locator('#publish .note', { hasText: 'Enter a token first' }).waitFor();
      // What the server says to programs.
      await expect(page.getByText('Send a token').count()).resolves.toBe(0);
      await expect(page.evaluate('window.drawnTimes')).resolves.toEqual([]);
      await page.getByLabel('Token').fill('right');
      await page.keyboard.press('Enter');
      await page.locator('.connection-live').waitFor();
      await page.getByText('Nobody is subscribed yet').waitFor();
      await eventuallyShown(async () =>
        expect(await page.evaluate<string[]>('window.drawnTimes')).toContainEqual(
          expect.stringMatching(/:[0-5]0$/),
        ),
      );
      await page.reload();
      await page.locator('.connection-live').waitFor();
      await page.getByRole('button', { name: 'Forget token' }).click();
      await page.getByLabel('Token').waitFor();
      await expect(page.evaluate('sessionStorage.length')).resolves.toBe(0);
    });

    it('tries a token once, and does not go on with one that is refused', async () => {
      const { page } = await openTab(browser());
      await page.clock.install();
      let right = 'first';
      const refused = await guard(page, () => right);
      await page.goto(herald.url);
      const answered = (text: string) => page.getByText(text).waitFor();
      const stands = (text: string) => page.locator('.connection', { hasText: text }).waitFor();
      const live = () => page.locator('.connection-live').waitFor();
      const give = async (token: string) => {
        await page.getByLabel('Token').fill(token);
        await page.keyboard.press('Enter');
      };
      await answered('Enter a token to see topics');
      await give('wrong');
      await answered('Send a token, not "wrong"');
      await stands('Token refused');
      await give('first');
      await live();
      await page.getByText('Nobody is subscribed yet').waitFor();
      expect(refused).toEqual(['', 'wrong']);

      right = 'second';
      await page.clock.runFor(5000);
      await page.getByLabel('Token').waitFor();
      // For longer than the tail may be silent.
      await page.clock.runFor(30_000);
      await answered('Send a token, not "first"');
      await stands('Token refused');
      expect(refused).toEqual(['', 'wrong', 'first']);
      await give('second');
      await live();
    });
  });
}

/**
 * Lets what the page follows the server by through with the right token only.
 *
 * @returns the tokens that were refused, in the order of the requests
 */
async function guard(page: Page, right: () => string): Promise<readonly string[]> {
  const refused: string[] = [];
  await page.route(/\/(tail|overview)$/, (route) => {
    const token = (route.request().headers().authorization ?? '').replace('Bearer ', '');
    if (token === right()) return route.continue();
    refused.push(token);
    return route.fulfill({
      status: 401,
      json: { message: `Send a token, not "${token}"`, code: 'unauthorized' },
    });
  });
  return refused;
}

/** Leaves the server as it was when it started. */
async function empty(herald: HeraldProcess, eventUrl: string): Promise<void> {
  await herald.post('/unsubscribe/topic1', JSON.stringify({ url: eventUrl }));
  await herald.get('/event');
  const toggled = (await (await herald.get('/toggle_post_event')).json()) as { accepting: boolean };
  if (!toggled.accepting) await herald.get('/toggle_post_event');
  await fetch(`${herald.url}/subscriber?url=${encodeURIComponent(eventUrl)}`, {
    method: 'PATCH',
    headers: { 'content-type': 'application/json' },
    body: '{"paused": false}',
  });
}

async function subscribeBuiltIn(herald: HeraldProcess, url: string): Promise<void> {
  const response = await herald.post('/subscribe/topic1', JSON.stringify({ url }));
  expect(response.status).toBe(201);
}

/** What a subscriber's row says under a heading, once it says that. */
function factOf(row: Locator, name: string, text: RegExp): Locator {
  const fact = row.locator('.facts > div', { has: row.page().getByText(name, { exact: true }) });
  return fact.locator('dd', { hasText: text });
}

/** What has the focus, by its name; it must be seen to have it. */
async function focused(page: Page): Promise<string> {
  const [name, outline] = await page.evaluate<[string, string]>(`(() => {
    const element = document.activeElement;
    const framed = element.closest('.editor') ?? element;
    const name = element.getAttribute('aria-label') ?? element.labels?.[0]?.textContent ?? element.textContent;
    return [name.trim(), getComputedStyle(framed).outlineStyle];
  })()`);
  expect({ name, outline }).toEqual({ name, outline: 'solid' });
  return name;
}

async function tabTo(page: Page, name: string): Promise<void> {
  for (let presses = 0; presses < 60; presses += 1) {
    await page.keyboard.press('Tab');
    if ((await focused(page)).startsWith(name)) return;
  }
  throw new Error(`The Tab key does not reach ${name}`);
}
