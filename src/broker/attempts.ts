import type { Clock } from '../clock';
import type { Envelope, PushClient, PushOptions, PushResult } from '../delivery/push-client';
import { remedyOf } from '../delivery/shortage';
import type { PushLimiter } from '../delivery/push-limiter';
import type { EventBus } from '../events';
import { type Logger, plainLines } from '../logger';
import { formatTime } from '../timestamp';

export interface AttemptsDeps {
  readonly push: PushClient;
  /** Bounds the pushes under way over all subscribers. */
  readonly limiter: PushLimiter;
  readonly clock: Clock;
  /** What a subscriber has to answer within. */
  readonly pushTimeoutMs: number;
  readonly log: Logger;
  readonly events: EventBus;
  /** Told of each attempt; it must not throw. */
  readonly onAttempted: (outcome: PushResult['outcome'], durationMs: number) => void;
}

export interface AttemptOptions extends PushOptions {
  /** The subscriber's latest push succeeded. */
  readonly isProven?: boolean;
  /** Nobody waits for what it comes to: a push whose turn came late has all of `timeoutMs` nevertheless. */
  readonly isPatient?: boolean;
}

/** What this process lacks is told once in this time, in milliseconds: it concerns every push. */
const SHORTAGE_LINE_MS = 60_000;

/** Makes delivery attempts, within the limit over all subscribers, and counts, logs and tells each. */
export class Attempts {
  readonly #lines: Logger;
  /** By the monotonic clock. */
  #toldOfShortageAt = -Infinity;

  constructor(private readonly deps: AttemptsDeps) {
    this.#lines = plainLines(deps.log);
  }

  /**
   * @param timeoutMs for the turn and the push together, unless it `isPatient`: for each of them
   * @param options as for PushClient.push; `onSent` is not called when there is no turn
   */
  async make(
    url: string,
    topic: string,
    envelope: Envelope,
    timeoutMs: number,
    options: AttemptOptions = {},
  ): Promise<PushResult> {
    const result = this.deps.limiter.tryEnter(options.isProven === true)
      ? await this.#pushInTurn(url, envelope, timeoutMs, options)
      : await this.#pushAfterWait(url, envelope, timeoutMs, options);
    const { outcome, status, durationMs, shortage } = result;
    if (shortage !== undefined) this.#tellOf(shortage);
    const { events, clock, onAttempted } = this.deps;
    onAttempted(outcome, durationMs);
    this.#lines.info(
      {
        message_id: envelope.messageId,
        topic,
        subscriber: url,
        outcome,
        status,
        duration_ms: durationMs,
        trace_id: envelope.trace?.traceId,
      },
      'delivery.attempted',
    );
    if (events.hasListeners) {
      events.emit('delivery.attempted', {
        messageId: envelope.messageId,
        topic,
        subscriber: url,
        outcome,
        ...(status !== undefined && { status }),
        durationMs,
        at: formatTime(clock.now()),
      });
    }
    return result;
  }

  #tellOf(shortage: string): void {
    const { clock, log } = this.deps;
    const now = clock.monotonicMs();
    if (now - this.#toldOfShortageAt < SHORTAGE_LINE_MS) return;
    this.#toldOfShortageAt = now;
    log.warn({ lacks: shortage, remedy: remedyOf(shortage) }, 'delivery.out_of_resources');
  }

  async #pushAfterWait(
    url: string,
    envelope: Envelope,
    timeoutMs: number,
    options: AttemptOptions,
  ): Promise<PushResult> {
    const { limiter, clock } = this.deps;
    const startedAt = clock.monotonicMs();
    const hasTurn = await limiter.enter(options.isProven === true, timeoutMs);
    const waitedMs = clock.monotonicMs() - startedAt;
    if (!hasTurn) return { outcome: 'queued', durationMs: waitedMs };
    const leftMs = options.isPatient === true ? timeoutMs : Math.max(1, timeoutMs - waitedMs);
    return this.#pushInTurn(url, envelope, leftMs, options);
  }

  /** To be called with a place of the limiter taken, which it gives back. */
  async #pushInTurn(
    url: string,
    envelope: Envelope,
    timeoutMs: number,
    options: AttemptOptions,
  ): Promise<PushResult> {
    const { limiter, push, pushTimeoutMs } = this.deps;
    try {
      const result = await push.push(url, envelope, timeoutMs, options);
      // One that was given less than half of the time is not to blame for not answering within it. All others are, also
      // after a wait: no circuit would open any more where those that hang keep everybody waiting.
      const isToBlame = result.outcome !== 'timeout' || timeoutMs * 2 >= pushTimeoutMs;
      return isToBlame ? result : { outcome: 'queued', durationMs: result.durationMs };
    } finally {
      limiter.leave(options.isProven === true);
    }
  }
}
