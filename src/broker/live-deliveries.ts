import type { Clock } from '../clock';
import type { Epoch } from '../delivery/circuit-breaker';
import type { Envelope, PushResult } from '../delivery/push-client';
import type { Logger } from '../logger';
import type { Outcome } from '../model';
import type { Attempts } from './attempts';
import type { QueueMode } from './queue-mode';
import type { Missed, QueuedDelivery } from './queued-delivery';
import { WaitingLine } from './waiting-line';

export interface LiveDeliveriesDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly attempts: Attempts;
}

/** The queue that owns them, as they see it. */
export interface LiveHost {
  readonly url: string;
  readonly mode: QueueMode;
  /** A push has ended. */
  onAttempted(delivery: QueuedDelivery, result: PushResult, epoch: Epoch): void;
  /** The message is not pushed now and goes to the backlog. */
  onMissed(delivery: QueuedDelivery, missed: Missed): void;
}

/** Pushes messages as they are published, so many at once as the subscriber allows; the others wait in a line. */
export class LiveDeliveries {
  readonly #line: WaitingLine;
  #inFlight = 0;

  constructor(
    private readonly deps: LiveDeliveriesDeps,
    private readonly host: LiveHost,
  ) {
    this.#line = new WaitingLine(deps.clock, (delivery) => host.onMissed(delivery, missedAs('queued')));
  }

  get inFlight(): number {
    return this.#inFlight;
  }

  /** How many wait in the line. */
  get waiting(): number {
    return this.#line.size;
  }

  /** Pushes the message, or puts it into the line when it is not its turn. */
  add(delivery: QueuedDelivery): void {
    const isFree = this.#inFlight < this.host.mode.maxInFlight && this.#line.size === 0;
    if (isFree && !this.host.mode.isBehind) void this.#push(delivery);
    else this.#line.add(delivery);
  }

  /** Pushes those in the line whose turn it is. */
  serve(): void {
    while (this.#line.size > 0 && !this.host.mode.isBehind) {
      const refusal = this.host.mode.refusal(this);
      if (refusal !== null) {
        this.flush(missedAs(refusal));
        return;
      }
      if (this.#inFlight >= this.host.mode.maxInFlight) return;
      const next = this.#line.shift();
      if (next) void this.#push(next);
    }
  }

  /** Those in the line go to the backlog, in their order. */
  flush(missed: Missed): void {
    for (let next = this.#line.shift(); next; next = this.#line.shift()) this.host.onMissed(next, missed);
  }

  async #push(delivery: QueuedDelivery): Promise<void> {
    const { message, envelope, deadline } = delivery.publication;
    this.#inFlight += 1;
    this.host.mode.pacer.take();
    const { epoch } = this.host.mode.health.circuit;
    const timeoutMs = Math.max(1, deadline - this.deps.clock.monotonicMs());
    const result = await this.#attempt(message.topic, envelope, timeoutMs);
    this.#inFlight -= 1;
    if (!result) this.host.onMissed(delivery, missedAs('queued'));
    else this.host.onAttempted(delivery, result, epoch);
    this.serve();
  }

  /** Null for a mistake of this program, which must not cost the message. */
  async #attempt(topic: string, envelope: Envelope, timeoutMs: number): Promise<PushResult | null> {
    const { attempts, log } = this.deps;
    try {
      const { settings, health } = this.host.mode;
      const options = { isSentOnce: !settings.redelivery, isProven: health.isProven };
      return await attempts.make(this.host.url, topic, envelope, timeoutMs, options);
    } catch (error) {
      log.error({ subscriber: this.host.url, message_id: envelope.messageId, err: error }, 'delivery.failed');
      return null;
    }
  }
}

/** Not pushed at all, for this reason. */
export function missedAs(outcome: Outcome): Missed {
  return { outcome, durationMs: 0 };
}

/** Pushed in vain. */
export function missedWith({ outcome, status, durationMs }: Missed): Missed {
  return { outcome, ...(status !== undefined && { status }), durationMs };
}
