/**
 * Keeps apart what takes copies out of one backlog: removals run beside each other, a drop by itself. A drop deletes what
 * a count says is too much, and that holds only while nothing else leaves.
 */
export class Removals {
  #underway = 0;
  #isDropping = false;
  /** Removals that came while a drop ran, or waited. */
  #waiting: (() => void)[] = [];
  #onNoneUnderway: (() => void) | null = null;

  get isIdle(): boolean {
    return this.#underway === 0 && !this.#isDropping;
  }

  /** Runs `task` beside other removals, after the drop that runs or waits, if any. Settles as it does. */
  async remove<T>(task: () => Promise<T>): Promise<T> {
    if (this.#isDropping) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    else this.#underway += 1;
    try {
      return await task();
    } finally {
      this.#underway -= 1;
      if (this.#underway === 0) this.#onNoneUnderway?.();
    }
  }

  /** Runs `task` once the removals under way have ended; those that come from now on wait. To be called one at a time. */
  async drop<T>(task: () => Promise<T>): Promise<T> {
    this.#isDropping = true;
    try {
      if (this.#underway > 0) await new Promise<void>((resolve) => (this.#onNoneUnderway = resolve));
      this.#onNoneUnderway = null;
      return await task();
    } finally {
      this.#isDropping = false;
      // They are under way from now on, so that one drop after the other does not keep them waiting for ever.
      this.#underway += this.#waiting.length;
      for (const begin of this.#waiting.splice(0)) begin();
    }
  }
}
