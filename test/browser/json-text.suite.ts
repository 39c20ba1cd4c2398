import fc from 'fast-check';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { closeTabs, openTab } from '../support/browser';

/** As it is served. */
const MODULE = readFileSync(join(__dirname, '../../dist/page/lib/json-text.js'), 'base64');

/** JSON texts, and such with one character removed, doubled or replaced. */
const texts = fc
  .record({
    text: fc.json({ maxDepth: 3 }),
    space: fc.constantFrom(undefined, 2),
    at: fc.nat(),
    put: fc.constantFrom(undefined, '', ',', '"', '}', ']', '0', '\\', '\n', 'e', '-', ':'),
  })
  .map(({ text, space, at, put }) => {
    const spaced = JSON.stringify(JSON.parse(text), null, space);
    const place = at % spaced.length;
    return put === undefined ? spaced : spaced.slice(0, place) + put + spaced.slice(place + 1);
  });

export function describeReadingOfJson(browser: () => Browser): void {
  describe('reading JSON', () => {
    let page: Page;

    beforeAll(async () => {
      ({ page } = await openTab(browser()));
      await page.evaluate(
        `import('data:text/javascript;base64,${MODULE}').then((json) => { window.json = json; })`,
      );
    });

    afterAll(() => closeTabs(browser()));

    it('finds a fault exactly where JSON.parse does not accept a text', async () => {
      const samples = [
        ...fc.sample(texts, 3000),
        '',
        ' ',
        '01',
        '-',
        '1.',
        '1e',
        '.5',
        '+1',
        'nul',
        '"\t"',
        '[1 2]',
      ];
      const faulty = await page.evaluate<boolean[]>(
        `(${JSON.stringify(samples)}).map((text) => json.findFault(text) !== null)`,
      );
      const disagreed = samples.filter((text, index) => faulty[index] === isJson(text));
      expect(disagreed).toEqual([]);
    });

    it('indents without changing a token, also what is cut', async () => {
      const text = '{"a":[1.0,12345678901234567890,{}],"b":[],"c":"\\u0041, {"}';
      await expect(page.evaluate(`json.indent(${JSON.stringify(text)})`)).resolves.toBe(
        '{\n  "a": [\n    1.0,\n    12345678901234567890,\n    {}\n  ],\n  "b": [],\n  "c": "\\u0041, {"\n}',
      );
      await expect(page.evaluate(`json.indent('{"a":[1,"cut')`)).resolves.toBe(
        '{\n  "a": [\n    1,\n    "cut',
      );
    });

    it.each([
      ['{"a": 1,}', 1, 9, 'Remove the comma before this }'],
      ['[1,\n 2,\n]', 3, 1, 'Remove the comma before this ]'],
      ['{a: 1}', 1, 2, 'a needs double quotes around it'],
      ["{'a': 1}", 1, 2, 'Texts and names take double quotes'],
      ['{"a" 1}', 1, 6, 'A : must come between a name and its value'],
      ['{"a": 1 "b": 2}', 1, 9, 'A , or } must come here'],
      ['{"a": [1, 2}', 1, 12, 'A , or ] must come here'],
      ['{"a": "b', 1, 7, 'This text has no closing quote on its line'],
      ['{"a": 01}', 1, 7, 'A number must not begin with 0'],
      ['{"a": 1', 1, 8, 'The text ends before the } that closes its {'],
      ['1 2', 1, 3, 'The value has ended before this'],
      ['', 1, 1, 'A value is missing'],
    ])('says what is wrong with %s', async (text, line, column, message) => {
      const fault = await page.evaluate(`json.findFault(${JSON.stringify(text)})`);
      expect(fault).toMatchObject({ line, column, message });
    });
  });
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
}
