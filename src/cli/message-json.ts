import type { PendingMessage } from '../client';

/** A message as a push has it: its data is what was published, byte for byte. */
export function messageJson({ id, topic, timestamp, reason, text }: PendingMessage): string {
  const head = JSON.stringify({ id, topic, timestamp, reason }).slice(0, -1);
  return `${head},"data":${text}}`;
}

/** JSON on one line. A line break in JSON stands between values only, so that this changes none. */
export function oneLine(json: string): string {
  return json.replace(/[\r\n]+/g, ' ');
}
