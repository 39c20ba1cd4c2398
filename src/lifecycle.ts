import { once } from 'node:events';
import type { Clock, Timer } from './clock';
import type { Logger } from './logger';

/** How long each component may still take once it was told to give up. */
const GRACE_MS = 1000;

/** A part of the program that runs. */
export interface Component {
  readonly name: string;
  start?(): Promise<void> | void;
  /** Finishes what is under way and lets go of everything; when `deadline` aborts, at once. */
  stop?(deadline: AbortSignal): Promise<void>;
}

/** Starts components in order; stops the started ones in reverse, within one deadline. */
export class Lifecycle {
  readonly #started: Component[] = [];
  #stopping: Promise<void> | null = null;

  constructor(
    private readonly components: readonly Component[],
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  /**
   * Starts all components, each after the one before it is up. When one fails, those that are up are stopped again.
   *
   * @throws whatever the component that failed threw
   */
  async start(stopTimeoutMs: number): Promise<void> {
    for (const component of this.components) {
      try {
        await component.start?.();
      } catch (error) {
        // What fails to stop is logged; why the start failed is what the operator has to know.
        await Promise.allSettled([this.stop(stopTimeoutMs)]);
        throw error;
      }
      this.#started.push(component);
    }
  }

  /**
   * Stops all started components. A second call waits for the first.
   *
   * @param timeoutMs after this the components are told to give up at once; each that does not is left a second later
   * @throws AggregateError of the components' failures; all were told to stop nevertheless
   */
  stop(timeoutMs: number): Promise<void> {
    this.#stopping ??= this.#stopAll(timeoutMs);
    return this.#stopping;
  }

  async #stopAll(timeoutMs: number): Promise<void> {
    const deadline = new AbortController();
    const timer = this.clock.setTimer(() => deadline.abort(), timeoutMs);
    const failures: unknown[] = [];
    for (const component of this.#started.reverse()) {
      try {
        await this.#stopOne(component, deadline.signal);
      } catch (error) {
        this.log.error({ component: component.name, err: error }, 'component.stop_failed');
        failures.push(error);
      }
    }
    timer.cancel();
    if (failures.length > 0) throw new AggregateError(failures, 'Some components did not stop cleanly');
  }

  /** One that hangs although it was told to give up is left behind, so that the stop ends in any case. */
  async #stopOne(component: Component, deadline: AbortSignal): Promise<void> {
    if (!component.stop) return;
    let grace: Timer | undefined;
    let giveUp = (): void => undefined;
    const overdue = new Promise<never>((_resolve, reject) => {
      giveUp = () => {
        const error = new Error(`It did not stop within ${GRACE_MS} ms after the deadline`);
        grace = this.clock.setTimer(() => reject(error), GRACE_MS);
      };
    });
    if (deadline.aborted) giveUp();
    else deadline.addEventListener('abort', giveUp);
    try {
      await Promise.race([component.stop(deadline), overdue]);
    } finally {
      deadline.removeEventListener('abort', giveUp);
      grace?.cancel();
    }
  }
}

/** Resolves when `work` does, or when `deadline` aborts before. */
export async function unlessAborted(work: Promise<void>, deadline: AbortSignal): Promise<void> {
  if (deadline.aborted) return;
  const aborted = once(deadline, 'abort').then(() => undefined);
  await Promise.race([work, aborted]);
}
