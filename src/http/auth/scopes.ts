const KINDS = ['publish', 'subscribe', 'poll'] as const;

/** What a scope lets its bearer do, `admin` aside. */
export type ScopeKind = (typeof KINDS)[number];

/**
 * What a token permits: `publish:<topic pattern>`, `subscribe:<topic pattern>`, `poll:<URL pattern>`, separated by
 * spaces (RFC 6749 §3.3), and `admin`, which permits everything. A pattern is the exact text, or what it begins with and
 * a `*` at the end; a `*` elsewhere stands for itself.
 */
export class Scopes {
  /** Permits everything. */
  static readonly ALL = new Scopes('admin');
  static readonly NONE = new Scopes('');

  readonly #isAdmin: boolean;
  readonly #patterns: ReadonlyMap<ScopeKind, readonly string[]>;

  /** Scopes that are not known are passed over: other services have theirs in the same token. */
  constructor(text: string) {
    const scopes = text.split(' ');
    this.#isAdmin = scopes.includes('admin');
    this.#patterns = new Map(
      KINDS.map((kind) => {
        const prefix = `${kind}:`;
        const own = scopes.filter((scope) => scope.startsWith(prefix) && scope.length > prefix.length);
        return [kind, own.map((scope) => scope.slice(prefix.length))];
      }),
    );
  }

  get isAdmin(): boolean {
    return this.#isAdmin;
  }

  /** @param name the topic, or for `poll` the subscriber's URL in its normalised form */
  allows(kind: ScopeKind, name: string): boolean {
    return this.#isAdmin || (this.#patterns.get(kind) ?? []).some((pattern) => fits(pattern, name));
  }
}

function fits(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}
