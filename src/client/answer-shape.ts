/** What an answer has to be: an object with fields of these kinds, or a list of texts. More fields may be there. */
export type Shape = 'texts' | Readonly<Record<string, 'string' | 'number' | 'boolean' | 'object' | 'list'>>;

/**
 * Whether a value is what the server documents, as far as what reads it relies on that: what answers may be a proxy's page
 * for logging in, with status 200.
 */
export function fits(value: unknown, shape: Shape): boolean {
  if (shape === 'texts') return Array.isArray(value) && value.every((item) => typeof item === 'string');
  if (kindOf(value) !== 'object') return false;
  const fields = value as Readonly<Record<string, unknown>>;
  return Object.entries(shape).every(([name, kind]) => kindOf(fields[name]) === kind);
}

function kindOf(value: unknown): string {
  if (Array.isArray(value)) return 'list';
  return value === null ? 'null' : typeof value;
}
