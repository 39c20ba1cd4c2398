/** Text that is HTML already. */
export class Html {
  constructor(readonly text: string) {}
}

type Part = string | number | Html | readonly Html[] | null | undefined;

/**
 * Puts HTML together: what is not `Html` itself is escaped, null and undefined are nothing, and the indentation of the
 * template is left out.
 */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Html {
  const [first = '', ...rest] = texts.map((text) => text.replace(/\n\s*/g, '\n'));
  return new Html(first + rest.map((text, index) => textOf(parts[index]) + text).join(''));
}

function textOf(part: Part): string {
  if (part === null || part === undefined) return '';
  if (part instanceof Html) return part.text;
  if (typeof part === 'string' || typeof part === 'number') return escaped(String(part));
  return part.map(({ text }) => text).join('');
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}

/** A description: paragraphs apart by an empty line, lines, and `code` between backticks. */
export function prose(text: string): readonly Html[] {
  return text.split('\n\n').map((paragraph) => markup`<p>${paragraph.split('\n').flatMap(proseLine)}</p>`);
}

function proseLine(line: string, index: number): readonly Html[] {
  return [...(index === 0 ? [] : [markup`<br />`]), ...inline(line)];
}

/** Text with `code` between backticks. */
export function inline(text: string): readonly Html[] {
  return text
    .split('`')
    .map((piece, index) => (index % 2 === 1 ? markup`<code>${piece}</code>` : markup`${piece}`));
}
