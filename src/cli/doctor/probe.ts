import { fetchFault } from '../../client/fetch-fault';

/** What answers at an address. */
export type Probe =
  | { readonly kind: 'ready'; readonly date: Date | null }
  /** A Herald that cannot serve now. */
  | { readonly kind: 'not_ready'; readonly date: Date | null; readonly message: string }
  | { readonly kind: 'stranger'; readonly date: Date | null }
  | { readonly kind: 'unreachable'; readonly reason: string };

const TIMEOUT_MS = 5000;

/** Asks a server whether it is a Herald, and able to serve. Never rejects. */
export async function probeHerald(url: string): Promise<Probe> {
  try {
    const response = await fetch(`${url}/readyz`, {
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
    const date = dateOf(response);
    const { status, code, message } = answerOf(await response.text());
    if (response.ok && status === 'ready') return { kind: 'ready', date };
    if (code === undefined || message === undefined) return { kind: 'stranger', date };
    return { kind: 'not_ready', date, message };
  } catch (error) {
    return { kind: 'unreachable', reason: fetchFault(error) ?? String(error) };
  }
}

/** The time of a server, whatever it is; null when it cannot be had. Never rejects. */
export async function timeOf(url: string): Promise<Date | null> {
  try {
    const response = await fetch(url, { redirect: 'manual', signal: AbortSignal.timeout(TIMEOUT_MS) });
    await response.body?.cancel();
    return dateOf(response);
  } catch {
    return null;
  }
}

function dateOf({ headers }: Response): Date | null {
  const ms = Date.parse(headers.get('date') ?? '');
  return Number.isNaN(ms) ? null : new Date(ms);
}

function answerOf(text: string): Readonly<Partial<Record<'status' | 'code' | 'message', string>>> {
  try {
    return (JSON.parse(text) ?? {}) as Record<string, string>;
  } catch {
    return {};
  }
}
