/** What a receiver does with one push. */
export interface Step {
  /** As it is shown. */
  readonly label: string;
  readonly kind: 'answer' | 'reset' | 'hang';
  readonly status: number;
  /** Milliseconds before it answers. */
  readonly delayMs: number;
  readonly headers: Readonly<Record<string, string>>;
  /** Bytes of the answer's body. */
  readonly bodyBytes: number;
}

/** A script that cannot be read; the message says what is wrong, and what there is. */
export class ScriptError extends Error {
  override readonly name = 'ScriptError';
}

const DEFAULT_SLOW_MS = 2000;
const BIG_BYTES = 10 * 1024 * 1024;
const MAX_TIMES = 1_000_000;
const MAX_MS = 600_000;

const STEPS = 'a status from 200 to 599, ok, slow[=ms], reset, hang, redirect, big';

const FIRST_WORD = /^([a-z]+|\d{3})(?:=(\d{1,7}))?(?:x(\d{1,7}))?$/;

/** The steps of a receiver, of which the last goes on for ever. */
export class Script {
  #place = 0;
  #left: number;

  private constructor(private readonly steps: readonly (readonly [Step, number])[]) {
    this.#left = this.steps[0]?.[1] ?? 0;
  }

  /**
   * Reads `503x3, 429 retry-after=5, slow=3000, reset, ok`.
   *
   * @throws ScriptError
   */
  static parse(text: string): Script {
    return new Script(text.split(',').map((step) => parseStep(step.trim().toLowerCase())));
  }

  /** What to do with the next push. */
  next(): Step {
    while (this.#left === 0 && this.#place < this.steps.length - 1) {
      this.#place += 1;
      this.#left = this.steps[this.#place]?.[1] ?? 0;
    }
    const [step] = this.steps[this.#place] ?? [];
    if (!step) throw new Error('A script has steps');
    if (this.#left > 0) this.#left -= 1;
    return step;
  }
}

/** A step, and how often it is done. */
function parseStep(text: string): readonly [Step, number] {
  const [first = '', ...words] = text.split(/\s+/);
  const [, name = '', value, suffix] = FIRST_WORD.exec(first) ?? [];
  const step = stepOf(name, value);
  if (!step) throw new ScriptError(`"${text}" is no step; there are: ${STEPS}`);
  let times = timesOf(suffix, text);
  let headers = step.headers;
  for (const word of words) {
    const [, repeat, seconds] = /^(?:x(\d{1,7})|retry-after=(\d{1,7}))$/.exec(word) ?? [];
    if (repeat !== undefined) times = timesOf(repeat, text);
    else if (seconds !== undefined && step.kind === 'answer')
      headers = { ...headers, 'Retry-After': seconds };
    else throw new ScriptError(`"${word}" in "${text}" is neither xN nor, for what answers, retry-after=N`);
  }
  return [{ ...step, headers }, times];
}

function stepOf(name: string, value: string | undefined): Step | null {
  const ms = value === undefined ? DEFAULT_SLOW_MS : Number(value);
  if (name === 'slow') return ms <= MAX_MS ? answer(`slow ${ms} ms`, 200, { delayMs: ms }) : null;
  if (value !== undefined) return null;
  switch (name) {
    case 'ok':
      return answer('200', 200);
    case 'redirect':
      return answer('302', 302, { headers: { Location: '/redirected' } });
    case 'big':
      return answer('200 and 10 MiB', 200, { bodyBytes: BIG_BYTES });
    case 'reset':
    case 'hang':
      return { ...answer(name, 0), kind: name };
    default: {
      const status = Number(name);
      return status >= 200 && status <= 599 ? answer(name, status) : null;
    }
  }
}

function answer(label: string, status: number, more: Partial<Step> = {}): Step {
  return { label, kind: 'answer', status, delayMs: 0, headers: {}, bodyBytes: 0, ...more };
}

function timesOf(text: string | undefined, step: string): number {
  const times = text === undefined ? 1 : Number(text);
  if (times >= 1 && times <= MAX_TIMES) return times;
  throw new ScriptError(`"${step}" is done 1 to ${MAX_TIMES} times`);
}
