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
  readonly log: Logger;
  readonly events: EventBus;
  /** Told of each attempt; it must not throw. */
  readonly onAttempted: (outcome: AttemptResult['outcome'], durationMs: number) => void;
}

/**
 * `queued`: too many other pushes were under way for this one to get its turn in time, or this process lacked what a
 * push takes.
 */
export type AttemptResult = PushResult;

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
   * @param timeoutMs for the turn and the push together
   * @param options as for PushClient.push; `onSent` is not called when there is no turn
   */
  async make(
    url: string,
    topic: string,
    envelope: Envelope,
    timeoutMs: number,
    options?: PushOptions,
  ): Promise<AttemptResult> {
    const result = await this.#pushWithinLimit(url, envelope, timeoutMs, options);
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

  async #pushWithinLimit(
    url: string,
    envelope: Envelope,
    timeoutMs: number,
    options?: PushOptions,
  ): Promise<AttemptResult> {
    const { limiter, push, clock } = this.deps;
    if (limiter.tryEnter()) {
      try {
        return await push.push(url, envelope, timeoutMs, options);
      } finally {
        limiter.leave();
      }
    }
    const startedAt = clock.monotonicMs();
    const hasTurn = await limiter.enter(timeoutMs);
    const waitedMs = clock.monotonicMs() - startedAt;
    if (!hasTurn) return { outcome: 'queued', durationMs: waitedMs };
    try {
      const result = await push.push(url, envelope, Math.max(1, timeoutMs - waitedMs), options);
      // Cut short by the wait, so that the subscriber is not to blame for it.
      return result.outcome === 'timeout' ? { outcome: 'queued', durationMs: timeoutMs } : result;
    } finally {
      limiter.leave();
    }
  }
}
