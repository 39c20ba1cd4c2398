import { type HeraldRequestError, type PolledMessage } from '../../client';
import { fetchFault } from '../../client/fetch-fault';
import { MAX_RETRY_AFTER_MS, pause, Retries } from '../../client/retry';
import { Signer } from '../../delivery/signature';
import { messageJson } from '../message-json';

export interface ForwarderOptions {
  /** Where messages go. */
  readonly target: string;
  /** `whsec_…`: what they are signed with. */
  readonly secret: string;
  readonly userAgent: string;
  /** Ends the pauses. A request to the target that is under way is finished, so that its message need not come twice. */
  readonly signal: AbortSignal;
  /** Told of each message that the target received, and that was acked. */
  readonly onForwarded: (message: PolledMessage, answer: Forwarded) => Promise<void>;
  /** Told of each request that failed, and in how many milliseconds the message is sent again. */
  readonly onFailed: (message: PolledMessage, fault: string, delayMs: number) => void;
  /** Told when the server could not be reached with an ack, and in how many milliseconds it is sent again. */
  readonly onRetry: (error: HeraldRequestError, delayMs: number) => void;
}

export interface Forwarded {
  readonly status: number;
  readonly durationMs: number;
  /** Requests that it took. */
  readonly attempts: number;
}

type Attempt =
  | { readonly isReceived: true; readonly status: number; readonly durationMs: number }
  | { readonly isReceived: false; readonly fault: string; readonly retryAfterMs: number };

const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
const TIMEOUT_MS = 30_000;

/** Sends polled messages to a target, one after the other, as a server would push them. */
export class Forwarder {
  readonly #signer = new Signer(1);

  constructor(private readonly options: ForwarderOptions) {}

  /**
   * Sends a message until the target answers 2xx, and then acks it: the next one may be sent after it.
   *
   * @throws the signal's reason; HeraldRequestError when the server refuses the ack
   */
  async forward(message: PolledMessage): Promise<void> {
    const { signal, onForwarded, onFailed, onRetry } = this.options;
    for (let attempts = 1; ; attempts += 1) {
      signal.throwIfAborted();
      const attempt = await this.#attempt(message);
      if (attempt.isReceived) {
        await new Retries({ onRetry }, signal).run(() => message.ack());
        await onForwarded(message, { status: attempt.status, durationMs: attempt.durationMs, attempts });
        return;
      }
      const backoff = Math.min(FIRST_PAUSE_MS * 2 ** (attempts - 1), MAX_PAUSE_MS);
      const delayMs = Math.max(backoff, Math.min(attempt.retryAfterMs, MAX_RETRY_AFTER_MS));
      onFailed(message, attempt.fault, delayMs);
      await pause(delayMs, signal);
    }
  }

  async #attempt(message: PolledMessage): Promise<Attempt> {
    const { target, secret, userAgent } = this.options;
    const { reason: _reason, ...pushed } = message;
    const body = Buffer.from(messageJson(pushed));
    const seconds = Math.floor(Date.now() / 1000);
    const startedAt = performance.now();
    try {
      const response = await fetch(target, {
        method: 'POST',
        headers: {
          'content-type': 'application/json',
          'user-agent': userAgent,
          'webhook-id': message.id,
          'webhook-timestamp': String(seconds),
          'webhook-signature': this.#signer.sign(message.id, seconds, body, [secret]),
        },
        body,
        redirect: 'manual',
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      await response.body?.cancel();
      const { ok, status, headers } = response;
      if (ok) return { isReceived: true, status, durationMs: Math.round(performance.now() - startedAt) };
      const retryAfterMs = Number(headers.get('retry-after') ?? NaN) * 1000;
      return {
        isReceived: false,
        fault: `it answered ${status}`,
        retryAfterMs: retryAfterMs > 0 ? retryAfterMs : 0,
      };
    } catch (error) {
      return { isReceived: false, fault: fetchFault(error) ?? String(error), retryAfterMs: 0 };
    }
  }
}
