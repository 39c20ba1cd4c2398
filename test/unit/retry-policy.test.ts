import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { RETRY_DEFAULTS, retryAfterMs, retryDelayMs, verdictOf } from '../../src/delivery/retry-policy';

const NOW = Date.parse('2026-08-04T12:00:00.000Z');
const HOUR_MS = 3_600_000;

describe('verdictOf', () => {
  it.each([
    ['delivered', 200, 'received'],
    ['delivered', 204, 'received'],
    ['http_status', 400, 'refused'],
    ['http_status', 401, 'refused'],
    ['http_status', 404, 'refused'],
    ['http_status', 409, 'refused'],
    ['http_status', 413, 'refused'],
    ['http_status', 422, 'refused'],
    ['http_status', 408, 'trouble'],
    ['http_status', 425, 'trouble'],
    ['http_status', 429, 'trouble'],
    ['http_status', 500, 'trouble'],
    ['http_status', 503, 'trouble'],
    ['http_status', 599, 'trouble'],
    ['http_status', 410, 'gone'],
    ['redirect_refused', 302, 'trouble'],
    ['response_too_large', 200, 'trouble'],
    ['timeout', undefined, 'trouble'],
    ['connection_refused', undefined, 'trouble'],
    ['connection_reset', undefined, 'trouble'],
    ['dns_error', undefined, 'trouble'],
    ['tls_error', undefined, 'trouble'],
    ['blocked_address', undefined, 'trouble'],
  ] as const)('takes %s %s for: %s', (outcome, status, verdict) => {
    expect(verdictOf({ outcome, ...(status !== undefined && { status }) })).toBe(verdict);
  });
});

describe('retryAfterMs', () => {
  it.each([
    ['seconds', '120', 120_000],
    ['seconds between spaces', ' 7 ', 7000],
    ['an HTTP date', 'Tue, 04 Aug 2026 12:00:30 GMT', 30_000],
    ['an HTTP date of the old form', 'Tuesday, 04-Aug-26 12:00:30 GMT', 30_000],
    ['an HTTP date of the oldest form', 'Tue Aug  4 12:00:30 2026', 30_000],
    ['more than the cap', '3601', HOUR_MS],
    ['a date behind the cap', 'Tue, 04 Aug 2026 18:00:00 GMT', HOUR_MS],
    ['exactly the cap', '3600', HOUR_MS],
    ['nothing', undefined, 0],
    ['an empty text', '', 0],
    ['0', '0', 0],
    ['the present', 'Tue, 04 Aug 2026 12:00:00 GMT', 0],
    ['the past', 'Tue, 04 Aug 2026 11:59:59 GMT', 0],
    ['a negative number', '-5', 0],
    ['a fraction', '1.5', 0],
    ['a number with a sign', '+5', 0],
    ['hexadecimal', '0x10', 0],
    ['words', 'soon', 0],
    ['a number with a unit', '5s', 0],
    ['a date of another form', '2026-08-04T13:00:00Z', 0],
    ['a day without a date', 'Tue, soon', 0],
    ['several values', '5, 10', 0],
    ['more than a year', String(366 * 86_400 + 1), 0],
    ['a date in the next century', 'Fri, 04 Aug 2126 12:00:00 GMT', 0],
    ['more digits than a number holds', '9'.repeat(400), 0],
  ])('takes %s', (_name, header, expected) => {
    expect(retryAfterMs(header, NOW, HOUR_MS)).toBe(expected);
  });
});

it('takes every HTTP date for Greenwich time, wherever the server is', () => {
  const compiled = JSON.stringify(join(__dirname, '../../dist/delivery/retry-policy.js'));
  const dates = [
    'Tue, 04 Aug 2026 12:00:30 GMT',
    'Tuesday, 04-Aug-26 12:00:30 GMT',
    'Tue Aug  4 12:00:30 2026',
  ];
  // A process reads its time zone once.
  const script =
    `const { retryAfterMs } = require(${compiled});` +
    `console.log(${JSON.stringify(dates)}.map((date) => retryAfterMs(date, ${NOW}, ${HOUR_MS})).join())`;
  const env = { ...process.env, TZ: 'America/New_York' };
  expect(execFileSync(process.execPath, ['-e', script], { env, encoding: 'utf8' })).toBe(
    '30000,30000,30000\n',
  );
});

describe('retryDelayMs', () => {
  const delay = (failures: number, random: number) => retryDelayMs(RETRY_DEFAULTS, failures, random);

  it('is the first delay until the circuit opens, and with it', () => {
    expect([1, 2, 3, 4, 5].map((failures) => delay(failures, 0.5))).toEqual(Array(5).fill(1000));
  });

  it('doubles with every probe up to the cap, however many follow', () => {
    const delays = Array.from({ length: 13 }, (_, probes) => delay(5 + probes, 0.5) / 1000);
    expect(delays).toEqual([1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
    expect(delay(100_000, 0.5)).toBe(900_000);
  });

  it.each([
    [0, 0.8],
    [0.25, 0.9],
    [0.5, 1],
    [0.999, 1.1996],
  ])('at random %d is %d times as long', (random, factor) => {
    expect(delay(6, random)).toBeCloseTo(2000 * factor, 0);
    expect(delay(40, random)).toBeCloseTo(900_000 * factor, 0);
  });
});
