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

/** Text that others wrote, for a terminal: what could steer it is shown as an escape. Line breaks and tabs stay. */
export function printable(text: string): string {
  return text.replace(/[^\P{Cc}\n\t]/gu, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}
