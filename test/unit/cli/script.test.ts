import { Script, ScriptError } from '../../../src/cli/receive/script';

function labelsOf(text: string, count: number): string[] {
  const script = Script.parse(text);
  return Array.from({ length: count }, () => script.next().label);
}

describe('the script of a receiver', () => {
  it('does one step after the other, and the last for ever', () => {
    expect(labelsOf('503x3, 429 retry-after=5, slow, reset, ok', 9)).toEqual([
      '503',
      '503',
      '503',
      '429',
      'slow 2000 ms',
      'reset',
      '200',
      '200',
      '200',
    ]);
    expect(labelsOf('ok x2,hang', 4)).toEqual(['200', '200', 'hang', 'hang']);
    expect(labelsOf('503x2', 4)).toEqual(['503', '503', '503', '503']);
  });

  it.each([
    ['204', { kind: 'answer', status: 204, delayMs: 0, headers: {}, bodyBytes: 0 }],
    ['OK', { kind: 'answer', status: 200 }],
    ['slow=50 x2 retry-after=3', { status: 200, delayMs: 50, headers: { 'Retry-After': '3' } }],
    ['slow=50x2', { status: 200, delayMs: 50 }],
    ['redirect', { status: 302, headers: { Location: '/redirected' } }],
    ['redirect retry-after=1', { headers: { Location: '/redirected', 'Retry-After': '1' } }],
    ['big', { status: 200, bodyBytes: 10_485_760 }],
    ['reset', { kind: 'reset' }],
    ['hang', { kind: 'hang' }],
  ])('reads %s', (text, step) => {
    expect(Script.parse(text).next()).toMatchObject(step);
  });

  it.each(['', 'ok,', 'fine', '199', '600', '50', 'ok=5', '503x0', 'slow=9999999', 'reset retry-after=1'])(
    'refuses %p',
    (text) => {
      expect(() => Script.parse(text)).toThrow(ScriptError);
    },
  );

  it('says which step is wrong, and what there is', () => {
    expect(() => Script.parse('ok, sloow')).toThrow(
      '"sloow" is no step; there are: a status from 200 to 599',
    );
    expect(() => Script.parse('503 x3 twice')).toThrow('"twice" in "503 x3 twice"');
  });
});
