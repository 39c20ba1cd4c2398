/** @import { QueueState, TailEntry } from '../types' */
import { count, counted, milliseconds, withoutScheme } from './format.js';
import { outcomeText, STATES, toneOf } from './words.js';

/**
 * What a line of the tail says.
 *
 * @typedef {object} Line
 * @property {string} kind
 * @property {string} topic
 * @property {string} subject
 * @property {boolean} isCode whether the subject is data
 * @property {string} result
 * @property {'good' | 'bad' | 'waiting' | null} tone
 */

/** @type {(kind: string, parts?: Partial<Line>) => Line} */
const line = (kind, parts) => ({
  kind,
  topic: '',
  subject: '',
  isCode: false,
  result: '',
  tone: null,
  ...parts,
});

/**
 * @param {TailEntry} entry
 * @returns {Line}
 */
export function lineOf({ name, data }) {
  const { topic = '' } = data;
  const subscriber = withoutScheme(data.subscriber ?? '');
  switch (name) {
    case 'message.published':
      return line('message', { topic, subject: data.data ?? '', isCode: true, ...publishResult(data) });
    case 'delivery.attempted':
      return line('attempt', { topic, subject: subscriber, ...attemptResult(data) });
    case 'event.received':
      return line('received', { topic, subject: data.data ?? '', isCode: true, result: 'by /event' });
    case 'subscriber.state_changed':
      return line('state', { subject: subscriber, result: `${label(data.from)} → ${label(data.to)}` });
    case 'message.set_aside':
      return line('set aside', { subject: subscriber, result: data.reason ?? '', tone: 'bad' });
    default:
      return otherLine({ name, data });
  }
}

/**
 * @param {Pick<TailEntry, 'name' | 'data'>} entry
 * @returns {Line}
 */
function otherLine({ name, data }) {
  const { topic = '', subscriber = '' } = data;
  switch (name) {
    case 'subscription.created':
      return line('subscribed', { topic, subject: withoutScheme(subscriber) });
    case 'subscription.ended':
      return line('unsubscribed', { topic, subject: withoutScheme(subscriber) });
    case 'backlog.dropped':
      return line('dropped', {
        subject: withoutScheme(subscriber),
        result: counted(data.messages ?? 0, 'message'),
        tone: 'bad',
      });
    case 'event.toggled':
      return line('toggled', { subject: `/event is ${data.accepting ? 'on' : 'off: it answers 503'}` });
    case 'gap':
      return line('gap', { subject: gapText(data.missed), tone: 'waiting' });
    case 'note':
      return line('page', { subject: data.reason ?? '' });
    default:
      return line(name, { subject: JSON.stringify(data), isCode: true });
  }
}

/** @param {TailEntry['data']} data */
function publishResult({ delivered = 0, undelivered = 0 }) {
  /** @type {'good' | 'bad'} */
  const tone = undelivered === 0 ? 'good' : 'bad';
  const missed = undelivered === 0 ? '' : `, ${count(undelivered)} not`;
  return { result: `${count(delivered)} delivered${missed}`, tone };
}

/** @param {TailEntry['data']} data */
function attemptResult({ outcome = '', status, durationMs }) {
  const text = outcomeText({ outcome, ...(status !== undefined && { status }) });
  const took = durationMs === undefined ? '' : ` · ${milliseconds(durationMs)}`;
  return { result: text + took, tone: toneOf(outcome) };
}

/** @param {QueueState | undefined} state */
function label(state) {
  return state === undefined ? '?' : STATES[state].label;
}

/** @param {number | null | undefined} missed */
function gapText(missed) {
  if (typeof missed === 'number') return `${counted(missed, 'event')} missed while the connection was away`;
  return 'The server was started anew, nobody watched for a while, or too much has happened: what was missed is not shown';
}
