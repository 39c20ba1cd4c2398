import type { Call } from './sqlite-protocol';

/** A call and its caller, who waits for `resolve` or `reject`. */
export interface PendingCall {
  readonly call: Call;
  /** How much work it is, in the measure of the queue's user. */
  readonly cost: number;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** Calls that wait for the worker, first come, first served. */
export class CallQueue {
  #calls: PendingCall[] = [];
  #cost = 0;

  /** The sum of what the waiting calls cost. */
  get cost(): number {
    return this.#cost;
  }

  get isEmpty(): boolean {
    return this.#calls.length === 0;
  }

  add(call: PendingCall): void {
    this.#calls.push(call);
    this.#cost += call.cost;
  }

  /** Takes the first calls that together cost at most `maxCost`; one at least if there is any. */
  take(maxCost: number): PendingCall[] {
    let count = 0;
    let cost = 0;
    for (const call of this.#calls) {
      if (count > 0 && cost + call.cost > maxCost) break;
      count += 1;
      cost += call.cost;
    }
    const taken = this.#calls.slice(0, count);
    this.#calls = this.#calls.slice(count);
    this.#cost -= cost;
    return taken;
  }
}
