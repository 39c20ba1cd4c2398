import { createHash } from 'node:crypto';
import { startTestService, type TestService } from '../support/start-test-service';
import { apiDocument, describedOperations } from '../support/api-description';
import { JWT_SECRET } from '../support/tokens';

describe('the description of the interface', () => {
  let service: TestService;

  beforeAll(async () => {
    // Whoever has no token is to be able to read it, too.
    service = await startTestService({ AUTH: 'jwt', JWT_SECRET });
  });

  afterAll(() => service.close());

  it('is there for tools', async () => {
    const answer = await service.get('/openapi.json');
    expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(await answer.json()).toEqual(apiDocument);
  });

  it.each(['/openapi.json', '/docs'])('answers methods at %s as other routes do', async (path) => {
    const answers = await Promise.all(
      ['HEAD', 'OPTIONS', 'POST', 'DELETE'].map((method) => fetch(`${service.url}${path}`, { method })),
    );
    expect(answers.map(({ status, headers }) => [status, headers.get('allow')])).toEqual([
      [200, null],
      [204, 'GET, HEAD, OPTIONS'],
      [405, 'GET, HEAD, OPTIONS'],
      [405, 'GET, HEAD, OPTIONS'],
    ]);
  });

  describe('as a page', () => {
    let page: string;
    let headers: Headers;

    beforeAll(async () => {
      const answer = await service.get('/docs');
      page = await answer.text();
      ({ headers } = answer);
    });

    it('has every operation, parameter and schema', () => {
      for (const { operation } of describedOperations) {
        expect(page).toContain(`<section id="${operation.operationId}">`);
        const own = operation.parameters.flatMap((it) => ('name' in it ? [it.name] : []));
        for (const name of own) expect(page).toContain(`<dt><code>${name}</code>`);
      }
      for (const name of Object.keys(apiDocument.components.schemas)) {
        expect(page).toContain(`<section id="schema-${name}">`);
      }
    });

    it('links only to what is there', () => {
      const links = [...page.matchAll(/href="([^"]+)"/g)].map(([, target = '']) => target);
      expect(links.length).toBeGreaterThan(50);
      const isThere = (link: string) => link === '/openapi.json' || page.includes(`id="${link.slice(1)}"`);
      expect(links.filter((link) => !isThere(link))).toEqual([]);
    });

    it('allows nothing but its own style, and has no script and nothing from elsewhere', () => {
      expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
      const style = /<style>([\s\S]*)<\/style>/.exec(page)?.[1] ?? '';
      const digest = createHash('sha256').update(style).digest('base64');
      expect(headers.get('content-security-policy')).toBe(
        `default-src 'none';style-src 'sha256-${digest}';base-uri 'none';form-action 'none';frame-ancestors 'none'`,
      );
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('referrer-policy')).toBe('no-referrer');
      expect(page).not.toMatch(/<script|<img|<link|style="|src=|@import|url\(/);
    });
  });

  it('says that an interface without a token is open', async () => {
    for (const path of ['/docs', '/openapi.json', '/healthz']) {
      expect((await service.get(path)).status).toBe(200);
    }
    expect((await service.get('/overview')).status).toBe(401);
  });
});
