import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import request from 'supertest';
import { OPERATIONS } from '../../src/http/openapi/operations';
import { startTestService } from '../support/start-test-service';
import type { TestService } from '../support/start-test-service';

/** What browsers send. */
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('the routes that say what is here', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
  });

  afterAll(() => service.close());

  it('lists the routes as a text', async () => {
    const { text } = await request(service.url)
      .get('/')
      .expect(200)
      .expect('Content-Type', /^text\/plain/);
    const readme = readFileSync(join(__dirname, '../../README.md'), 'utf8');
    for (const { path } of OPERATIONS) {
      // The route itself, not one below it.
      const route = (name: string) => new RegExp(`${name.replace(/[{}.]/g, '\\$&')}(?![\\w/])`);
      expect(text).toMatch(route(path.replace(':topic', '{topic}')));
      expect(readme).toMatch(route(path));
    }
  });

  it('shows browsers a page that may load nothing from elsewhere', async () => {
    const { headers, text } = await request(service.url).get('/').set('Accept', BROWSER).expect(200);
    expect(headers['content-type']).toBe('text/html; charset=utf-8');
    expect(headers.vary).toBe('Accept');
    expect(headers['content-security-policy']).toBe(
      "default-src 'none';script-src 'self';style-src 'self';connect-src 'self';img-src 'self' data:;" +
        "base-uri 'none';form-action 'none';frame-ancestors 'none'",
    );
    expect(text).not.toMatch(/<script>|<style|style=|https?:/);
    await request(service.url)
      .get('/')
      .set({ Accept: BROWSER, 'If-None-Match': headers.etag ?? '' })
      .expect(304);
    await request(service.url).get('/').expect('Vary', 'Accept');
  });

  it('serves all of the page in less than 150,000 bytes, to be cached for good', async () => {
    const { text } = await request(service.url).get('/').set('Accept', BROWSER);
    const paths = new Set(
      [...text.matchAll(/(?:href|src)="([^"]+)"/g)].map(([, path]) => `/${String(path)}`),
    );
    let bytes = text.length;
    for (const path of paths) {
      const file = await service.get(path);
      expect({ path, status: file.status }).toEqual({ path, status: 200 });
      expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
      bytes += (await file.arrayBuffer()).byteLength;
    }
    expect(paths.size).toBeGreaterThan(10);
    expect(bytes).toBeLessThan(150_000);
  });

  it.each([
    '/page/0/main.js',
    '/page/0/../../package.json',
    '/page/0/%2e%2e/index.html',
    '/page/%ff/main.js',
  ])('has no %s', async (path) => {
    expect((await request(service.url).get(path)).status).toBeGreaterThanOrEqual(400);
  });

  it('points to that list where there is nothing', async () => {
    const { body } = await request(service.url).get('/nothing').expect(404);
    expect(body).toEqual({
      message: 'There is no /nothing; GET / lists the routes',
      code: 'route_not_found',
    });
  });

  it('does not toggle the built-in subscriber when only asked for the head', async () => {
    await request(service.url).head('/toggle_post_event').expect(200);
    const pushed = request(service.url)
      .post('/event')
      .set('Content-Type', 'application/json')
      .send('{"data": 1}');
    expect((await pushed).status).toBe(200);
  });
});
