import request from 'supertest';
import { startTestService } from '../support/start-test-service';
import type { TestService } from '../support/start-test-service';

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
    for (const route of [
      '/subscribe/',
      '/unsubscribe/',
      '/subscribers/',
      '/publish/',
      '/event',
      '/metrics',
      '/healthz',
    ]) {
      expect(text).toContain(route);
    }
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
