/** @import { PolledMessage } from '../types' */
import { parts } from './json-text.js';

/**
 * The messages in an answer of `GET /event` or `GET /subscriber/messages`, each with its data exactly as published.
 *
 * @param {string} text
 * @returns {{ messages: PolledMessage[], hasMore: boolean, message: string }}
 */
export function polledMessages(text) {
  const answer = /** @type {{ hasMore?: boolean, message?: string }} */ (JSON.parse(text));
  const list = parts(text).find(({ name }) => name === 'messages')?.text ?? '[]';
  return {
    messages: parts(list).map((item) => polledMessage(item.text)),
    hasMore: answer.hasMore === true,
    message: answer.message ?? '',
  };
}

/**
 * @param {string} text
 * @returns {PolledMessage}
 */
function polledMessage(text) {
  const { id, topic, timestamp, reason } = /** @type {PolledMessage} */ (JSON.parse(text));
  const data = parts(text).find(({ name }) => name === 'data')?.text ?? '';
  return { id, topic, timestamp, ...(reason !== undefined && { reason }), data };
}
