/** A metric that an expression reads, with the labels that the expression chooses by. */
export interface MetricUse {
  readonly name: string;
  readonly labels: readonly string[];
}

export interface ExpressionUse {
  readonly metrics: readonly MetricUse[];
  /** Labels that the whole is grouped or matched by. */
  readonly groupings: readonly string[];
}

const WORDS = new Set([
  ...[
    'by',
    'without',
    'on',
    'ignoring',
    'group_left',
    'group_right',
    'bool',
    'offset',
    'and',
    'or',
    'unless',
  ],
  ...['sum', 'min', 'max', 'avg', 'count', 'inf', 'nan'],
]);
const GROUPING = /\b(?:by|without|on|ignoring|group_left|group_right)\s*\(([^)]*)\)/g;

/** Which metrics and labels a PromQL expression names. Understands what dashboards and rules use, not all of PromQL. */
export function usesOf(expression: string): ExpressionUse {
  // What is quoted names nothing, and neither do ranges.
  const bare = expression.replace(/"(?:[^"\\]|\\.)*"/g, '""').replace(/\[[^\]]*\]/g, '');
  const groupings = [...bare.matchAll(GROUPING)].flatMap(([, list = '']) => namesIn(list));
  const selectors = bare.replace(GROUPING, ' ');
  const metrics: MetricUse[] = [];
  for (const match of selectors.matchAll(/(?<![\w.])([a-zA-Z_:][\w:]*)\s*(\(|\{[^}]*\})?/g)) {
    const [, name = '', next = ''] = match;
    if (next === '(' || WORDS.has(name) || isWithinBraces(selectors, match.index)) continue;
    const labels = [...next.matchAll(/(\w+)\s*(?:=~|!~|!=|=)/g)].map(([, label = '']) => label);
    metrics.push({ name, labels });
  }
  return { metrics, groupings };
}

function namesIn(list: string): string[] {
  return list
    .split(',')
    .map((name) => name.trim())
    .filter((name) => name !== '');
}

function isWithinBraces(text: string, index: number): boolean {
  return text.lastIndexOf('{', index) > text.lastIndexOf('}', index);
}
