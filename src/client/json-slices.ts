/*
 * Finds where values stand in JSON text that is known to be valid, so that they can be passed on as they came. Parsing
 * and writing anew would change numbers, escapes, white space and keys that are there twice.
 */

const WHITE_SPACE = /[\t\n\r ]*/y;
const SCALAR = /[^\t\n\r ,:\]}]+/y;

/** The members of the object that begins at or behind `at`, each with its value's text. A key that is there twice has its last value. */
export function membersOf(text: string, at = 0): Map<string, string> {
  const members = new Map<string, string>();
  let place = skip(WHITE_SPACE, text, at) + 1;
  for (;;) {
    place = skip(WHITE_SPACE, text, place);
    if (text[place] === '}' || place >= text.length) return members;
    const keyEnd = endOfString(text, place);
    const key = JSON.parse(text.slice(place, keyEnd)) as string;
    const start = skip(WHITE_SPACE, text, skip(WHITE_SPACE, text, keyEnd) + 1);
    const end = endOfValue(text, start);
    members.set(key, text.slice(start, end));
    place = afterComma(text, end);
  }
}

/** The texts of the elements of an array. */
export function elementsOf(text: string): string[] {
  const elements: string[] = [];
  let place = skip(WHITE_SPACE, text, 0) + 1;
  for (;;) {
    place = skip(WHITE_SPACE, text, place);
    if (text[place] === ']' || place >= text.length) return elements;
    const end = endOfValue(text, place);
    elements.push(text.slice(place, end));
    place = afterComma(text, end);
  }
}

function endOfValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') return endOfString(text, start);
  if (first !== '{' && first !== '[') return skip(SCALAR, text, start);
  let depth = 0;
  for (let place = start; place < text.length; place += 1) {
    const character = text[place];
    if (character === '"') place = endOfString(text, place) - 1;
    else if (character === '{' || character === '[') depth += 1;
    else if (character === '}' || character === ']') {
      depth -= 1;
      if (depth === 0) return place + 1;
    }
  }
  return text.length;
}

/** Where the string ends whose first quote is at `start`. Not by an expression, whose stack would overflow on a long one. */
function endOfString(text: string, start: number): number {
  let quote = text.indexOf('"', start + 1);
  while (quote !== -1 && isEscaped(text, quote)) quote = text.indexOf('"', quote + 1);
  return quote === -1 ? text.length : quote + 1;
}

function isEscaped(text: string, at: number): boolean {
  let first = at;
  while (text[first - 1] === '\\') first -= 1;
  return (at - first) % 2 === 1;
}

function afterComma(text: string, at: number): number {
  const place = skip(WHITE_SPACE, text, at);
  return text[place] === ',' ? place + 1 : place;
}

/** Where `pattern`, which has to be sticky, ends when it stands at `at`; `at` itself when it does not. */
function skip(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}
