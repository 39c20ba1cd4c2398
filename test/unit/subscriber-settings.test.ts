import {
  effectiveSettings,
  mergeSettings,
  SETTINGS_DEFAULTS as DEFAULTS,
} from '../../src/broker/subscriber-settings';

describe('effectiveSettings', () => {
  it('are the defaults themselves when nothing was set', () => {
    expect(effectiveSettings({}, DEFAULTS)).toBe(DEFAULTS);
  });

  it('take what was set, and the defaults for the rest', () => {
    expect(effectiveSettings({ paused: true, maxPerSecond: 5 }, DEFAULTS)).toEqual({
      ...DEFAULTS,
      paused: true,
      maxPerSecond: 5,
    });
  });

  it('take each limit of the backlog for itself', () => {
    const settings = effectiveSettings({ backlog: { overflow: 'drop_newest' } }, DEFAULTS);
    expect(settings.backlog).toEqual({ ...DEFAULTS.backlog, overflow: 'drop_newest' });
  });

  it('take false and null for values', () => {
    const defaults = { ...DEFAULTS, maxPerSecond: 5 };
    expect(effectiveSettings({ redelivery: false, maxPerSecond: null }, defaults)).toEqual({
      ...DEFAULTS,
      redelivery: false,
      maxPerSecond: null,
    });
  });
});

describe('mergeSettings', () => {
  it('puts changes on top of what was set before', () => {
    const stored = { paused: true, maxInFlight: 4 };
    expect(mergeSettings(stored, { paused: false, maxPerSecond: null })).toEqual({
      paused: false,
      maxInFlight: 4,
      maxPerSecond: null,
    });
  });

  it('merges the limits of the backlog one by one', () => {
    const stored = { backlog: { maxMessages: 5, maxAgeSeconds: 60 } };
    expect(mergeSettings(stored, { backlog: { maxMessages: 7, overflow: 'drop_newest' } })).toEqual({
      backlog: { maxMessages: 7, maxAgeSeconds: 60, overflow: 'drop_newest' },
    });
  });

  it('sets nothing that nobody set', () => {
    expect(mergeSettings({}, {})).toEqual({});
    expect(mergeSettings({ paused: true }, { backlog: {} })).toEqual({ paused: true, backlog: {} });
  });
});
