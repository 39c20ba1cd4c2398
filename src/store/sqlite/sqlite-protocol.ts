/** One operation to run: its name and its arguments. */
export type Call = readonly [name: string, args: readonly unknown[]];

/** What the worker is to do next: the reads, then the writes in one transaction. `null` asks it to close the file. */
export type Batch = readonly [reads: readonly Call[], writes: readonly Call[]] | null;

/** What one call came to: its result, or the one line that says what went wrong. */
export type Answer =
  | readonly [isDone: true, result: unknown]
  | readonly [isDone: false, fault: string, code: number | null];

/**
 * What the worker sends: once whether it could open the file, with the line for the operator if not; then for each
 * batch the answers to its reads, in their order, unless it had none, and always the answers to its writes; before these
 * what happened to the files, when that changed: a line for the operator, or null when all is as it was again.
 */
export type Reply =
  | readonly [kind: 'ready']
  | readonly [kind: 'refused', message: string]
  | readonly [kind: 'files', fault: string | null]
  | readonly [kind: 'reads' | 'writes', answers: readonly Answer[]];
