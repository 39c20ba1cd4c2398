import { type BenchContext, type Part, stopAll } from '../bench-context';
import { type PartReport, ratios } from '../report';
import { interleave, measureThroughput } from '../rounds';
import { startLimit, startPlain, subscribe, type Subject } from '../subjects/subject';

interface Scenario {
  readonly name: string;
  readonly fanOut: number;
  readonly bytes: number;
  /** Publishers; fewer the more each message costs, so that about as many deliveries are under way. */
  readonly connections: number;
}

const SCENARIOS: readonly Scenario[] = [
  { name: '1 × 1 KiB', fanOut: 1, bytes: 1024, connections: 64 },
  { name: '10 × 1 KiB', fanOut: 10, bytes: 1024, connections: 16 },
  { name: '100 × 1 KiB', fanOut: 100, bytes: 1024, connections: 4 },
  { name: '10 × 100 B', fanOut: 10, bytes: 100, connections: 16 },
  { name: '10 × 100 KiB', fanOut: 10, bytes: 102_400, connections: 8 },
];

/** How many messages a second reach their subscribers, and what each costs. */
export const fanOutPart: Part = {
  name: 'fanout',
  title: 'Fan-out: subscribers × message size, as many publishes as the server takes',
  async run(context, report) {
    const scenarios = SCENARIOS.filter(({ name }) => name.includes(context.options.only));
    const subjects = await Promise.all([context.herald.start('herald'), startLimit(), startPlain()]);
    for (const fanOut of new Set(scenarios.map((scenario) => scenario.fanOut))) {
      const urls = context.origins.slice(0, fanOut).map((origin) => `${origin}/hook`);
      for (const subject of subjects) await subscribe(subject, `fan-${fanOut}`, urls);
    }
    for (const scenario of scenarios) await runScenario(context, report, subjects, scenario);
    await stopAll(subjects);
  },
};

async function runScenario(
  context: BenchContext,
  report: PartReport,
  subjects: readonly Subject[],
  { name, fanOut, bytes, connections }: Scenario,
): Promise<void> {
  const load = { paths: [`/publish/fan-${fanOut}`], bytes, connections, seconds: context.either(2, 0.15) };
  const samples = await interleave(subjects, context.either(5, 1), (subject) =>
    measureThroughput(context, { subject, load, fanOut, warmUpSeconds: context.either(0.7, 0.1) }),
  );
  report.rowsOf(name, samples);
  const target = fanOut === 1 ? { atLeast: 0.6 } : { atLeast: 0.75 };
  report.check(
    `${name}: deliveries/s, herald / limit`,
    ratios(samples, 'deliveries/s', 'herald', 'limit'),
    bytes === 1024 ? target : undefined,
  );
  report.check(
    `${name}: CPU per delivery, herald / limit`,
    ratios(samples, 'CPU µs/delivery', 'herald', 'limit'),
    fanOut === 100 ? { atMost: 1.3 } : undefined,
  );
  report.check(
    `${name}: deliveries/s, herald / plain`,
    ratios(samples, 'deliveries/s', 'herald', 'plain'),
    name === '10 × 1 KiB' ? { atLeast: 4 } : undefined,
  );
}
