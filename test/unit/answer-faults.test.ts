import { answerFaults, type SentAnswer } from '../support/answer-faults';

const JSON_HEADERS = new Map([['content-type', 'application/json; charset=utf-8']]);
const EVENT =
  'id: a-1\nevent: event.toggled\ndata: {"accepting":true,"at":"2026-08-04T12:00:00.123456+00:00"}\n\n';

const sent = (changes: Partial<SentAnswer>): SentAnswer => ({
  method: 'GET',
  url: '/healthz',
  status: 200,
  headers: JSON_HEADERS,
  body: '{"status":"ok"}',
  isWhole: true,
  ...changes,
});
const error = (code: string, status: number, changes: Partial<SentAnswer> = {}) =>
  sent({ status, body: JSON.stringify({ message: 'text', code }), ...changes });
const stream = (body: string) =>
  sent({ url: '/tail', headers: new Map([['content-type', 'text/event-stream; charset=utf-8']]), body });

describe('the check of answers', () => {
  it.each([
    ['an answer', sent({})],
    ['a HEAD', sent({ method: 'HEAD', body: '' })],
    ['a path in other letters', sent({ url: '/HealthZ/?a=b' })],
    ['a path that there is not', error('route_not_found', 404, { url: '/nothing' })],
    ['a stream that was cut off', stream(`${EVENT}id: a-2\nev`)],
  ])('lets %s pass that is as described', (_name, answer) => {
    expect(answerFaults(answer)).toEqual([]);
  });

  it.each([
    ['a status', sent({ status: 201 }), 'this status is not described'],
    ['a Content-Type', sent({ headers: new Map() }), 'the Content-Type undefined is not described'],
    [
      'a field',
      sent({ body: '{"status":"ok","x":1}' }),
      'must NOT have additional properties {"additionalProperty":"x"}',
    ],
    ['a value', sent({ body: '{"status":"well"}' }), '/status must be equal to constant'],
    ['a code', error('topic_not_found', 500), '/code must be equal to one of the allowed values'],
    [
      'a code of another route',
      error('topic_not_found', 404, { url: '/subscriber?url=x' }),
      '/code must be equal',
    ],
    [
      'a missing header',
      error('store_unavailable', 503, { url: '/readyz' }),
      'the header Retry-After is missing',
    ],
    ['an event', stream(EVENT.replace('true', '1')), '/data/accepting must be boolean'],
    ['the name of an event', stream(EVENT.replace('event.toggled', 'event.thrown')), '/event must be equal'],
  ])('finds %s that is not described', (_name, answer, fault) => {
    expect(answerFaults(answer).join('\n')).toContain(fault);
  });
});
