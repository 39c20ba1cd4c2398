import type { Check, Figure, PartReport, Row } from './report';

/** Prints a part's tables to the terminal. */
export function printReport({ title, rows, checks, notes }: PartReport): void {
  console.log(`\n${title}`);
  const metrics = [...new Set(rows.flatMap(({ figures }) => Object.keys(figures)))];
  if (rows.length > 0) {
    printTable([
      ['', '', ...metrics],
      ...rows.map((row) => [row.scenario, row.subject, ...metrics.map((metric) => cell(row, metric))]),
    ]);
  }
  if (checks.length > 0) printTable([['', 'measured', 'target', ''], ...checks.map(checkLine)]);
  for (const note of notes) console.log(`  ${note}`);
}

function cell({ figures }: Row, metric: string): string {
  const figure = figures[metric];
  return figure ? figureText(figure) : '';
}

/** The median, and the spread where there was more than one round. */
function figureText({ median, min, max }: Figure): string {
  return min === max ? digits(median) : `${digits(median)} (${digits(min)}–${digits(max)})`;
}

function checkLine(check: Check): string[] {
  const verdict = check.isMet === undefined ? '' : check.isMet ? 'met' : 'not met';
  return [check.name, figureText(check), check.target ?? '', verdict];
}

/** Three significant digits, and no more of them than whole numbers need. */
function digits(value: number): string {
  if (!Number.isFinite(value)) return '-';
  return Math.abs(value) >= 100 ? String(Math.round(value)) : String(Number(value.toPrecision(3)));
}

function printTable(lines: readonly (readonly string[])[]): void {
  const widths = (lines[0] ?? []).map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  for (const line of lines) {
    console.log(`  ${line.map((text, column) => text.padEnd(widths[column] ?? 0)).join('  ')}`.trimEnd());
  }
  console.log();
}
