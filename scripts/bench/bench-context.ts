import { Child, script } from './child';
import type { GeneratorCommands } from './load/generator';
import type { ReceiverCommands } from './load/receivers';
import type { Options } from './options';
import type { PartReport } from './report';
import { HeraldLauncher } from './subjects/herald';
import type { Subject } from './subjects/subject';

const RECEIVER_PORTS = 100;

/** What the parts share: the receivers, the load generator, and how long to measure. */
export interface BenchContext {
  readonly options: Options;
  readonly herald: HeraldLauncher;
  readonly receivers: Child<ReceiverCommands>;
  readonly generator: Child<GeneratorCommands>;
  /** Origins at which the receivers listen. */
  readonly origins: readonly string[];
  /** One of two values, by whether the run is a short one. */
  readonly either: <T>(full: T, short: T) => T;
}

/** One of the benchmark's parts. It stops whatever it starts. */
export interface Part {
  readonly name: string;
  readonly title: string;
  run(context: BenchContext, report: PartReport): Promise<void>;
}

export async function openContext(options: Options): Promise<BenchContext> {
  const receivers = new Child<ReceiverCommands>({ args: script('load/receivers.ts') });
  const generator = new Child<GeneratorCommands>({ args: script('load/generator.ts') });
  const ports = await receivers.call('listen', { ports: RECEIVER_PORTS });
  return {
    options,
    herald: new HeraldLauncher(options),
    receivers,
    generator,
    origins: ports.map((port) => `http://127.0.0.1:${port}`),
    either: (full, short) => (options.isShort ? short : full),
  };
}

export async function closeContext({ receivers, generator }: BenchContext): Promise<void> {
  await Promise.all([receivers.stop(), generator.stop()]);
}

/** Stops servers at the end of a part, or of a scenario. */
export async function stopAll(subjects: readonly Subject[]): Promise<void> {
  await Promise.all(subjects.map(({ child }) => child.stop()));
}
