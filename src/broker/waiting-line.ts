import type { Clock, Timer } from '../clock';
import type { QueuedDelivery } from './queued-delivery';

/** Publishes that wait for their turn, first come first served, each until its own deadline. */
export class WaitingLine {
  readonly #waiting = new Map<QueuedDelivery, Timer>();

  /** @param onExpired gets each delivery whose deadline passed; it is out of the line then */
  constructor(
    private readonly clock: Clock,
    private readonly onExpired: (delivery: QueuedDelivery) => void,
  ) {}

  get size(): number {
    return this.#waiting.size;
  }

  add(delivery: QueuedDelivery): void {
    const expire = () => {
      this.#waiting.delete(delivery);
      this.onExpired(delivery);
    };
    const waitMs = Math.max(0, delivery.publication.deadline - this.clock.monotonicMs());
    this.#waiting.set(delivery, this.clock.setTimer(expire, waitMs));
  }

  /** Takes out the one that waited longest. */
  shift(): QueuedDelivery | undefined {
    for (const [delivery, timer] of this.#waiting) {
      timer.cancel();
      this.#waiting.delete(delivery);
      return delivery;
    }
    return undefined;
  }
}
