/** Primary result codes of SQLite, https://sqlite.org/rescode.html. */
export const SQLITE = {
  ERROR: 1,
  BUSY: 5,
  NOMEM: 7,
  READONLY: 8,
  IOERR: 10,
  CORRUPT: 11,
  FULL: 13,
  CANTOPEN: 14,
  NOTADB: 26,
} as const;

/** Faults that no other operation escapes, and that may have taken seconds to show. */
const SHARED_FAULTS: readonly (number | null)[] = [
  SQLITE.BUSY,
  SQLITE.NOMEM,
  SQLITE.READONLY,
  SQLITE.IOERR,
  SQLITE.CANTOPEN,
];

/** The primary result code of an error that SQLite raised, or null for any other error. */
export function sqliteCode(error: unknown): number | null {
  if (typeof error !== 'object' || error === null || !('errcode' in error)) return null;
  return typeof error.errcode === 'number' ? error.errcode & 0xff : null;
}

/**
 * Whether other operations would fail likewise. A full disk is none such: what needs no space still succeeds, and what
 * frees some where it finds room for its pages in the log. Neither is a damaged page, which only those meet that read it.
 */
export function isSharedFault(error: unknown): boolean {
  return SHARED_FAULTS.includes(sqliteCode(error));
}

/** What went wrong, in one line. */
export function faultText(error: unknown): string {
  if (typeof error !== 'object' || error === null || !('message' in error)) return String(error);
  return String(error.message);
}
