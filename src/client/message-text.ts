import { fits, type Shape } from './answer-shape';
import { elementsOf, membersOf } from './json-slices';
import type { Message, Page, PendingMessage } from './types';

const PAGE: Shape = { messages: 'list', hasMore: 'boolean' };
const MESSAGE: Shape = { id: 'string', topic: 'string', timestamp: 'string' };

/** JSON that is sent as it is written here. What is not wrapped in this is written by `JSON.stringify`. */
export class JsonText {
  /** @throws SyntaxError when it is not JSON */
  constructor(readonly text: string) {
    JSON.parse(text);
  }
}

/**
 * Reads the body of a push.
 *
 * @param body as it came; verify it first
 * @throws SyntaxError when it is not JSON, TypeError when it is no message
 */
export function parseMessage(body: string): Message {
  const parsed: unknown = JSON.parse(body);
  return messageOf(parsed, body);
}

/** @throws SyntaxError, TypeError when it is not a page */
export function parsePage(body: string): Page {
  const page: unknown = JSON.parse(body);
  const list = fits(page, PAGE) ? membersOf(body).get('messages') : undefined;
  if (list === undefined) throw new TypeError('This is not a page of messages');
  const { cursor, hasMore } = page as Page;
  const messages = elementsOf(list).map((text) => messageOf(JSON.parse(text), text));
  return { messages, cursor: typeof cursor === 'string' ? cursor : null, hasMore };
}

/** What is sent for a value. @throws TypeError when it has no JSON, as a function has none */
export function jsonTextOf(data: unknown): string {
  if (data instanceof JsonText) return data.text;
  const text = JSON.stringify(data) as string | undefined;
  if (text === undefined) throw new TypeError(`A value of type ${typeof data} has no JSON`);
  return text;
}

function messageOf(parsed: unknown, body: string): PendingMessage {
  const text = fits(parsed, MESSAGE) ? membersOf(body).get('data') : undefined;
  if (text === undefined) throw new TypeError('This is not a message');
  return { ...(parsed as Omit<PendingMessage, 'text'>), text };
}
