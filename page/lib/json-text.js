/** JSON as a text: where it is wrong, how it reads better, and its parts, with no digit lost to a number's precision. */

const SPACE = /[ \t\n\r]*/y;
/* oxlint-disable no-control-regex -- the grammar of JSON names them */
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /[\w$.+-]+/y;
const LITERALS = new Set(['true', 'false', 'null']);

/**
 * @param {RegExp} pattern a sticky one
 * @param {string} text
 * @param {number} at
 * @returns {number} where the match ends; `at` when there is none
 */
function endOf(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.test(text) ? pattern.lastIndex : at;
}

/**
 * The end of the token that begins at `at`; equals `at` when none does.
 *
 * @param {string} text
 * @param {number} at
 */
function tokenEnd(text, at) {
  const first = text.charAt(at);
  if (first === '"') return endOf(STRING, text, at);
  if (first !== '' && '{}[],:'.includes(first)) return at + 1;
  const end = endOf(WORD, text, at);
  return LITERALS.has(text.slice(at, end)) || endOf(NUMBER, text, at) === end ? end : at;
}

/** @typedef {{ message: string, offset: number, line: number, column: number }} Fault */

/**
 * The first mistake in a JSON text, or null.
 *
 * @param {string} text
 * @returns {Fault | null}
 */
export function findFault(text) {
  const checker = new Checker();
  let at = endOf(SPACE, text, 0);
  while (at < text.length) {
    const end = tokenEnd(text, at);
    const message = end === at ? faultOfToken(text, at) : checker.take(text.slice(at, end));
    if (message !== null) return placed(text, at, message);
    at = endOf(SPACE, text, end);
  }
  const missing = checker.missing();
  return missing === null ? null : placed(text, text.length, missing);
}

/**
 * @param {string} text
 * @param {number} offset
 * @param {string} message
 * @returns {Fault}
 */
function placed(text, offset, message) {
  const before = text.slice(0, offset).split('\n');
  return { message, offset, line: before.length, column: (before.at(-1) ?? '').length + 1 };
}

/**
 * @param {string} text
 * @param {number} at
 */
function faultOfToken(text, at) {
  const first = text.charAt(at);
  if (first === '"') return faultOfString(text, at);
  if (first === "'") return 'Texts and names take double quotes';
  if (/^-?0\d/.test(text.slice(at, at + 3))) return 'A number must not begin with 0';
  if (/[\d+.-]/.test(first)) return 'This is not a number as JSON has them';
  const word = text.slice(at, endOf(WORD, text, at));
  return word === '' ? `${first} cannot stand here` : `${word} needs double quotes around it`;
}

/**
 * @param {string} text
 * @param {number} at
 */
function faultOfString(text, at) {
  const rest =
    /^"(?:[^"\\\u0000-\u001f]|\\["\\/bfnrt]|\\u[\da-fA-F]{4})*/.exec(text.slice(at, at + 5000))?.[0] ?? '';
  const next = text.charAt(at + rest.length);
  if (next === '\\') return 'This text holds a \\ that begins no escape; write \\\\ for the sign itself';
  if (next === '\n' || next === '\r' || next === '') return 'This text has no closing quote on its line';
  return 'This text holds a control character; write it as an escape, such as \\t';
}

/** Knows which token may come next. */
class Checker {
  /** @type {('{' | '[')[]} */
  #open = [];
  /** @type {'value' | 'value or ]' | 'name' | 'name or }' | 'colon' | 'comma' | 'end'} */
  #expected = 'value';

  /**
   * @param {string} token
   * @returns {string | null} what is wrong with it
   */
  take(token) {
    switch (this.#expected) {
      case 'end':
        return 'The value has ended before this';
      case 'colon':
        return this.#require(token === ':', 'value', 'A : must come between a name and its value');
      case 'comma':
        return this.#comma(token);
      case 'name':
      case 'name or }':
        return this.#name(token);
      default:
        return this.#value(token);
    }
  }

  /** @returns {string | null} what is missing at the end of the text */
  missing() {
    if (this.#expected === 'end') return null;
    const open = this.#open.at(-1);
    if (open === undefined) return 'A value is missing';
    return `The text ends before the ${open === '{' ? '}' : ']'} that closes its ${open}`;
  }

  /**
   * @param {boolean} isRight
   * @param {'value'} next
   * @param {string} message
   */
  #require(isRight, next, message) {
    if (!isRight) return message;
    this.#expected = next;
    return null;
  }

  /** @param {string} token */
  #comma(token) {
    const open = this.#open.at(-1);
    if (token === (open === '{' ? '}' : ']')) return this.#close();
    if (token !== ',') return `A , or ${open === '{' ? '}' : ']'} must come here`;
    this.#expected = open === '{' ? 'name' : 'value';
    return null;
  }

  /** @param {string} token */
  #name(token) {
    if (token === '}' && this.#expected === 'name or }') return this.#close();
    if (token === '}') return 'Remove the comma before this }';
    if (!token.startsWith('"')) return 'A name in double quotes must come here';
    this.#expected = 'colon';
    return null;
  }

  /** @param {string} token */
  #value(token) {
    if (token === ']' && this.#expected === 'value or ]') return this.#close();
    if (token === ']' && this.#open.at(-1) === '[') return 'Remove the comma before this ]';
    if (token === '{' || token === '[') {
      this.#open.push(token);
      this.#expected = token === '{' ? 'name or }' : 'value or ]';
      return null;
    }
    if (['}', ']', ',', ':'].includes(token)) return `A value must come before this ${token}`;
    this.#expected = this.#open.length === 0 ? 'end' : 'comma';
    return null;
  }

  #close() {
    this.#open.pop();
    this.#expected = this.#open.length === 0 ? 'end' : 'comma';
    return null;
  }
}

/**
 * The text with one member per line. Every token stays as it is; from where the text is no JSON (since it was cut
 * there, for example) it stays as it came.
 *
 * @param {string} text
 */
export function indent(text) {
  let result = '';
  let depth = 0;
  let at = endOf(SPACE, text, 0);
  while (at < text.length) {
    const end = tokenEnd(text, at);
    if (end === at) return result + text.slice(at);
    const token = text.slice(at, end);
    const next = endOf(SPACE, text, end);
    if (token === '{' || token === '[') {
      const isEmpty = text.charAt(next) === (token === '{' ? '}' : ']');
      if (!isEmpty) depth += 1;
      result += isEmpty ? token + text.charAt(next) : token + lineStart(depth);
      at = isEmpty ? endOf(SPACE, text, next + 1) : next;
      continue;
    }
    if (token === '}' || token === ']') depth = Math.max(0, depth - 1);
    result += decorated(token, depth);
    at = next;
  }
  return result;
}

/**
 * @param {string} token
 * @param {number} depth
 */
function decorated(token, depth) {
  if (token === '}' || token === ']') return lineStart(depth) + token;
  if (token === ',') return token + lineStart(depth);
  return token === ':' ? ': ' : token;
}

/** @param {number} depth */
function lineStart(depth) {
  return `\n${'  '.repeat(depth)}`;
}

/**
 * The parts of the object or array that begins at `at` in valid JSON, as texts; an array's parts have the name ''.
 *
 * @param {string} text
 * @returns {{ name: string, text: string }[]}
 */
export function parts(text) {
  /** @type {{ name: string, text: string }[]} */
  const found = [];
  const isObject = text.trimStart().startsWith('{');
  let at = endOf(SPACE, text, endOf(SPACE, text, 0) + 1);
  while (at < text.length && !'}]'.includes(text.charAt(at))) {
    let name = '';
    if (isObject) {
      const end = endOf(STRING, text, at);
      name = String(JSON.parse(text.slice(at, end)));
      at = endOf(SPACE, text, endOf(SPACE, text, end) + 1);
    }
    const end = valueEnd(text, at);
    found.push({ name, text: text.slice(at, end) });
    at = endOf(SPACE, text, end);
    if (text.charAt(at) === ',') at = endOf(SPACE, text, at + 1);
  }
  return found;
}

/**
 * @param {string} text valid JSON
 * @param {number} from
 */
function valueEnd(text, from) {
  let depth = 0;
  let at = from;
  do {
    const first = text.charAt(at);
    if (first === '{' || first === '[') depth += 1;
    else if (first === '}' || first === ']') depth -= 1;
    const end = tokenEnd(text, at);
    if (end === at) throw new Error('The answer is not JSON');
    at = depth === 0 ? end : endOf(SPACE, text, end);
  } while (depth > 0);
  return at;
}
