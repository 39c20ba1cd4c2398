/* Takes the pictures of the page that the documents show, from a server of its own: npm run screenshots */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { decode, encode, toRGBA8 } from 'upng-js';
import { launchBrowser, openPage } from '../test/support/browser';
import { HeraldProcess } from '../test/support/herald-process';
import { Receiver } from '../test/support/receiver';

const DOCS = join(__dirname, '../docs');
const SECONDS = 45;
const PER_SECOND = 6;
const MAX_BYTES = 150_000;
const COLORS = 64;

const PICTURES = [
  { name: 'page-light', colorScheme: 'light', viewport: { width: 1280, height: 1080 } },
  { name: 'page-dark', colorScheme: 'dark', viewport: { width: 1280, height: 1080 } },
  { name: 'page-phone', colorScheme: 'light', viewport: { width: 360, height: 780 }, deviceScaleFactor: 2 },
] as const;

async function main(): Promise<void> {
  const dataDir = mkdtempSync(join(tmpdir(), 'herald-screenshots-'));
  const herald = await HeraldProcess.start({ DATA_DIR: dataDir, PORT: '8000' });
  const receiver = await Receiver.start({ port: 3001, otherwise: answerOf });
  const browser = await launchBrowser();
  try {
    await subscribeAll(herald);
    const pages = await Promise.all(
      PICTURES.map(async ({ name, ...look }) => ({
        name,
        page: (await openPage(browser, 'http://localhost:8000', look)).page,
      })),
    );
    await publishForAWhile(herald);
    for (const { name, page } of pages) await take(page, name);
  } finally {
    await browser.close();
    await receiver.close();
    await herald.kill();
    rmSync(dataDir, { recursive: true });
  }
}

/** One subscriber is quick, one is slow, and one fails now and then. */
function answerOf({ path }: { readonly path: string }) {
  if (path === '/billing') return { after: pause(20 + Math.random() * 90) };
  if (path === '/search' && Math.random() < 0.2) return 503;
  return { after: pause(2 + Math.random() * 6) };
}

async function subscribeAll(herald: HeraldProcess): Promise<void> {
  const subscriptions = {
    topic1: ['http://localhost:8000/event'],
    'orders.created': ['http://localhost:3001/billing', 'http://localhost:3002/warehouse'],
    'products.changed': ['http://localhost:3001/search'],
  };
  for (const [topic, urls] of Object.entries(subscriptions)) {
    for (const url of urls) await herald.post(`/subscribe/${topic}`, JSON.stringify({ url }));
  }
}

async function publishForAWhile(herald: HeraldProcess): Promise<void> {
  for (let n = 0; n < SECONDS * PER_SECOND; n += 1) {
    const [topic, data] = messageOf(n);
    // Several at once, since some wait for a slow subscriber.
    herald.post(`/publish/${topic}`, JSON.stringify(data)).catch((error: unknown) => {
      console.error(error);
      process.exitCode = 1;
    });
    await pause((Math.random() * 2000) / PER_SECOND);
  }
  await herald.post('/publish/topic1', '{"message": "hello"}');
  await pause(1500);
}

function messageOf(n: number): [string, object] {
  if (n % 20 === 7) return ['topic1', { message: 'hello' }];
  if (n % 3 === 0) return ['products.changed', { sku: `A-${100 + (n % 37)}`, price: 19.9, stock: n % 11 }];
  return ['orders.created', { order: 4711 + n, customer: 'c-2207', total: 59.5, lines: 2 }];
}

async function take(page: Page, name: string): Promise<void> {
  await page.getByRole('button', { name: 'Publish', exact: true }).click();
  await page.locator('#publish .note').waitFor();
  if (name !== 'page-phone') {
    await page.locator('.tail-row.kind-message').first().click();
    await page.locator('.detail .data').waitFor();
  }
  await page.evaluate('document.activeElement.blur(); scrollTo(0, 0)');
  // The charts draw once a second.
  await pause(1200);
  const picture = small(await page.screenshot());
  if (picture.length > MAX_BYTES) throw new Error(`${name} is larger than ${MAX_BYTES} bytes`);
  writeFileSync(join(DOCS, `${name}.png`), picture);
  console.log(`docs/${name}.png: ${picture.length} bytes`);
}

/** The same picture with a palette, which is a third of the size. */
function small(png: Buffer): Buffer {
  const image = decode(new Uint8Array(png).buffer);
  return Buffer.from(encode(toRGBA8(image), image.width, image.height, COLORS));
}

void main();
