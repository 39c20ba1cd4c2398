import { mkdirSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname } from 'node:path';
import { closeContext, openContext, type Part } from './bench-context';
import { parseOptions, USAGE } from './options';
import { backlogPart } from './parts/backlog';
import { fanOutPart } from './parts/fan-out';
import { latencyPart } from './parts/latency';
import { offlinePart } from './parts/offline';
import { recoveryPart } from './parts/recovery';
import { resourcesPart } from './parts/resources';
import { respondAsyncPart } from './parts/respond-async';
import { securityPart } from './parts/security';
import { storePart } from './parts/store';
import { subscriptionsPart } from './parts/subscriptions';
import { tailPart } from './parts/tail';
import { printReport } from './print-report';
import { PartReport } from './report';

const RESULTS_FILE = 'bench/results.json';

const PARTS: readonly Part[] = [
  fanOutPart,
  latencyPart,
  offlinePart,
  respondAsyncPart,
  backlogPart,
  recoveryPart,
  subscriptionsPart,
  resourcesPart,
  storePart,
  tailPart,
  securityPart,
];

function machine() {
  return {
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: cpus().length,
    memoryGb: Math.round(totalmem() / 2 ** 30),
    platform: `${process.platform} ${process.arch}`,
    node: process.version,
  };
}

/** Only a whole run says something that is worth keeping. */
function save(reports: readonly PartReport[], startedAt: Date): void {
  mkdirSync(dirname(RESULTS_FILE), { recursive: true });
  const results = { startedAt: startedAt.toISOString(), machine: machine(), parts: reports };
  writeFileSync(RESULTS_FILE, `${JSON.stringify(results, rounded, 2)}\n`);
  console.log(`Written to ${RESULTS_FILE}`);
}

function rounded(_key: string, value: unknown): unknown {
  return typeof value === 'number' ? Number(value.toPrecision(5)) : value;
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2));
  const unknown = options.parts.filter((name) => !PARTS.some((part) => part.name === name));
  if (unknown.length > 0) {
    throw new TypeError(
      `No such part: ${unknown.join(', ')}; there are ${PARTS.map(({ name }) => name).join(', ')}`,
    );
  }
  const chosen = PARTS.filter(({ name }) => options.parts.length === 0 || options.parts.includes(name));
  const startedAt = new Date();
  const context = await openContext(options);
  const reports: PartReport[] = [];
  for (const part of chosen) {
    const report = new PartReport(part.name, part.title);
    await part.run(context, report);
    printReport(report);
    reports.push(report);
  }
  await closeContext(context);
  if (chosen.length === PARTS.length && !options.isShort && options.only === '') save(reports, startedAt);
}

main().then(
  () => process.exit(),
  (error: unknown) => {
    console.error(error instanceof TypeError ? `${error.message}\n\n${USAGE}` : error);
    process.exit(1);
  },
);
