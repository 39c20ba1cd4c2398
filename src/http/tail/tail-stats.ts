import type { NamedEvent } from '../../events';
import type { Outcome } from '../../model';

/** What happened in the last second. */
export interface Stats {
  readonly publishesPerSecond: number;
  readonly deliveriesPerSecond: Readonly<Partial<Record<Outcome, number>>>;
  /** Of delivery attempts; null when there was none. */
  readonly latencyMs: { readonly p50: number; readonly p95: number; readonly p99: number } | null;
  /** Pushes under way. */
  readonly inFlight: number;
}

/** Durations beyond this many in one second are left out of the percentiles. */
const MAX_DURATIONS = 10_000;

/** Counts what happens between one `take` and the next. */
export class StatsCounter {
  #publishes = 0;
  #deliveries: Partial<Record<Outcome, number>> = {};
  #durations: number[] = [];

  note({ name, event }: NamedEvent): void {
    if (name === 'message.published') this.#publishes += 1;
    if (name !== 'delivery.attempted') return;
    this.#deliveries[event.outcome] = (this.#deliveries[event.outcome] ?? 0) + 1;
    if (this.#durations.length < MAX_DURATIONS) this.#durations.push(event.durationMs);
  }

  /** What was counted, per second, and begins anew. */
  take(elapsedMs: number, inFlight: number): Stats {
    const perSecond = (count: number) => Math.round((count * 1000) / Math.max(1, elapsedMs));
    const deliveries = Object.entries(this.#deliveries).map(
      ([outcome, n]) => [outcome, perSecond(n)] as const,
    );
    const stats = {
      publishesPerSecond: perSecond(this.#publishes),
      deliveriesPerSecond: Object.fromEntries(deliveries),
      latencyMs: percentiles(this.#durations),
      inFlight,
    };
    this.#publishes = 0;
    this.#deliveries = {};
    this.#durations = [];
    return stats;
  }
}

function percentiles(durations: number[]): Stats['latencyMs'] {
  if (durations.length === 0) return null;
  const sorted = Float64Array.from(durations).sort();
  const at = (share: number) => sorted[Math.ceil(share * sorted.length) - 1] ?? 0;
  return { p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
