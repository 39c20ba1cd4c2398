import type { ServerResponse } from 'node:http';
import { atEndOfTurn } from '../end-of-turn';

/**
 * Answers with JSON, as `res.json` does, without what that looks into each time: settings, freshness, the charset.
 * For the routes that are asked most.
 */
export function sendJson(res: ServerResponse, status: number, body: object): void {
  const text = JSON.stringify(body);
  res.writeHead(status, {
    'Content-Type': 'application/json; charset=utf-8',
    'Content-Length': Buffer.byteLength(text),
  });
  atEndOfTurn(() => res.end(text));
}
