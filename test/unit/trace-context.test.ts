import { traceContextOf } from '../../src/trace-context';

const TRACE_ID = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = `00-${TRACE_ID}-00f067aa0ba902b7-01`;

describe('traceContextOf', () => {
  it('takes traceparent as it came, and tells the trace', () => {
    expect(traceContextOf(PARENT)).toEqual({ traceId: TRACE_ID, headers: [['traceparent', PARENT]] });
  });

  it.each([
    ['a later version', `01-${TRACE_ID}-00f067aa0ba902b7-01`],
    ['a later version that goes on', `cc-${TRACE_ID}-00f067aa0ba902b7-01-what-may-come`],
    ['unknown flags', `00-${TRACE_ID}-00f067aa0ba902b7-ff`],
  ])('takes %s', (_, traceparent) => {
    expect(traceContextOf(traceparent)?.headers).toEqual([['traceparent', traceparent]]);
  });

  it.each([
    ['nothing', undefined],
    ['an empty text', ''],
    ['version ff', `ff-${TRACE_ID}-00f067aa0ba902b7-01`],
    ['version 00 that goes on', `${PARENT}-more`],
    ['a later version that goes on without a dash', `01-${TRACE_ID}-00f067aa0ba902b7-01more`],
    ['upper case', PARENT.toUpperCase()],
    ['a trace of zeros', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['a parent of zeros', `00-${TRACE_ID}-${'0'.repeat(16)}-01`],
    ['a trace that is too short', `00-${TRACE_ID.slice(1)}-00f067aa0ba902b7-01`],
    ['two headers', `${PARENT}, ${PARENT}`],
    ['a line break', `01-${TRACE_ID}-00f067aa0ba902b7-01-\r\nx: y`],
    ['a later version without end', `01-${TRACE_ID}-00f067aa0ba902b7-01-${'x'.repeat(500)}`],
  ])('ignores %s', (_, traceparent) => {
    expect(traceContextOf(traceparent, 'vendor=1')).toBeUndefined();
  });

  describe('tracestate', () => {
    const stateOf = (tracestate: string) =>
      traceContextOf(PARENT, tracestate)?.headers.find(([name]) => name === 'tracestate')?.[1];

    it.each([
      'vendor=1',
      'rojo=00f067aa0ba902b7,congo=t61rcWkgMzE',
      'tenant@vendor=a b c , other=:;<>',
      '0tenant-1_*/x@system=1',
      'a=1,,b=2',
      Array.from({ length: 32 }, (_, index) => `k${index}=1`).join(','),
    ])('passes on %j', (tracestate) => {
      expect(stateOf(tracestate)).toBe(tracestate);
    });

    it.each([
      '',
      ' , ',
      'vendor',
      'Vendor=1',
      'vendor=',
      '=1',
      'vendor=a=b',
      'a=1,a=2',
      'vendor=\u00e9',
      'vendor=1\r\nx: y',
      Array.from({ length: 33 }, (_, index) => `k${index}=1`).join(','),
      `vendor=${'x'.repeat(257)}`,
      Array.from({ length: 3 }, (_, index) => `k${index}=${'x'.repeat(200)}`).join(','),
    ])('leaves out %j, and keeps traceparent', (tracestate) => {
      expect(traceContextOf(PARENT, tracestate)?.headers).toEqual([['traceparent', PARENT]]);
    });
  });
});
