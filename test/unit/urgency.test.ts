import { byUrgency } from '../../src/broker/urgency';
import { NO_RECORD } from '../../src/model';

describe('byUrgency', () => {
  it('puts the worst off first, and leaves out those with whom all is well', () => {
    const queue = (
      state: 'live' | 'draining' | 'offline' | 'paused' | 'poll' | 'disabled',
      failing = false,
    ) =>
      [
        `${failing ? 'failing' : 'fine'} ${state}`,
        { status: { state, failingSince: failing ? 1 : null } },
      ] as const;
    const queues = [
      queue('poll'),
      queue('paused', true),
      queue('paused'),
      queue('draining'),
      queue('live'),
      queue('disabled', true),
      queue('live', true),
      queue('draining', true),
      queue('offline', true),
    ];
    const records = [
      { ...NO_RECORD, subscriber: 'fine' },
      {
        ...NO_RECORD,
        subscriber: 'given up',
        disabled: { at: '', reason: 'gone' } as const,
        failingSince: 1,
      },
      { ...NO_RECORD, subscriber: 'polled since', settings: { delivery: 'poll' } as const, failingSince: 1 },
      { ...NO_RECORD, subscriber: 'failed before the restart', failingSince: 1 },
    ];
    expect(byUrgency(queues, records)).toEqual([
      'failing offline',
      'failing live',
      'failing draining',
      'failed before the restart',
      'given up',
      'fine draining',
      'failing paused',
      'polled since',
    ]);
  });
});
