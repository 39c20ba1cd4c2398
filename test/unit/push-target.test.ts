import { AnswerHistory, PushTargets } from '../../src/delivery/push-target';

describe('PushTargets', () => {
  it('takes a URL apart once', () => {
    const targets = new PushTargets();
    const target = targets.get('https://[::1]:8443/hook?a=b');
    expect(target).toMatchObject({
      origin: 'https://[::1]:8443',
      isTls: true,
      hostname: '::1',
      port: 8443,
      requestStart: 'POST /hook?a=b HTTP/1.1\r\nHost: [::1]:8443\r\nConnection: keep-alive\r\n',
    });
    expect(targets.get('https://[::1]:8443/hook?a=b')).toBe(target);
  });

  it('takes the usual ports where the URL names none', () => {
    const targets = new PushTargets();
    expect(targets.get('http://example.com/').port).toBe(80);
    expect(targets.get('https://example.com/').port).toBe(443);
  });
});

describe('AnswerHistory', () => {
  it('allows less and less to answers that are too long, but never so little that a short one is cut', () => {
    const history = new AnswerHistory();
    const allowances = Array.from({ length: 6 }, () => {
      const allowance = history.allowance(64 * 1024);
      history.add(true);
      return allowance / 1024;
    });
    expect(allowances).toEqual([64, 32, 16, 8, 4, 4]);
  });

  it('allows everything again after one that is not', () => {
    const history = new AnswerHistory();
    history.add(true);
    history.add(true);
    history.add(false);
    expect(history.allowance(64 * 1024)).toBe(64 * 1024);
  });
});
