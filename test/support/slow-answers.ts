import { setTimeout as pause } from 'node:timers/promises';
import type { Answer } from './receiver';

/** Answers each request after a while, and notes how many were under way at once. */
export class SlowAnswers {
  /** Requests under way at each arrival, the new one included. */
  readonly atOnce: number[] = [];
  /** How many answers had been sent at each arrival. */
  readonly answeredBefore: number[] = [];
  #underway = 0;
  #answered = 0;

  constructor(
    private readonly ms: number,
    private readonly status = 200,
  ) {}

  get max(): number {
    return Math.max(...this.atOnce);
  }

  /** To be given to a receiver. */
  readonly script = (): Answer => {
    this.#underway += 1;
    this.atOnce.push(this.#underway);
    this.answeredBefore.push(this.#answered);
    const after = pause(this.ms).then(() => {
      this.#underway -= 1;
      this.#answered += 1;
    });
    return { status: this.status, after };
  };
}
