import { withoutContinue } from '../../src/delivery/socket-reads';

const CONTINUE = 'HTTP/1.1 100 Continue\r\n\r\n';
const OK = 'HTTP/1.1 200 OK\r\n\r\n';

describe('withoutContinue', () => {
  it.each([
    ['nothing from a final answer', OK, OK],
    ['one before a final answer', CONTINUE + OK, OK],
    ['several', CONTINUE + CONTINUE + OK, OK],
    ['one on its own', CONTINUE, ''],
    ['one with headers', `HTTP/1.1 100 Continue\r\nDate: now\r\n\r\n${OK}`, OK],
    ['none that comes later', OK + CONTINUE, OK + CONTINUE],
    ['none that is cut in two', 'HTTP/1.1 100 Con', 'HTTP/1.1 100 Con'],
    ['nothing from less than a status line', 'HTTP', 'HTTP'],
  ])('takes away %s', (_, chunk, left) => {
    expect(withoutContinue(Buffer.from(chunk)).toString()).toBe(left);
  });
});
