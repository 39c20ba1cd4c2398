import { type Options, parseOptions, USAGE } from './chaos/options';
import { runChaos } from './chaos/run-chaos';

/** How often the progress is told. */
const TOLD_EVERY = 10;

async function main(options: Options): Promise<void> {
  const { rounds, seed, store } = options;
  console.log(`${rounds} rounds on the ${store} store, seed ${seed}`);
  const result = await runChaos(options, (round) => {
    if (round % TOLD_EVERY === 0) console.log(`  round ${round}`);
  });
  console.log(`acknowledged ${result.acknowledged}`);
  console.log(`accounted    ${result.accounted}`);
  console.log(`pending      ${result.pending}`);
  console.log(`duplicated   ${result.duplicated}`);
  console.log(`broken keys  ${result.brokenKeys}`);
  console.log(`lost         ${result.lost}`);
  for (const example of result.lostExamples) console.log(`  ${example}`);
  if (result.lost > 0 || result.brokenKeys > 0) process.exitCode = 1;
}

try {
  const options = parseOptions(process.argv.slice(2));
  main(options).catch((error: unknown) => {
    console.error(error);
    process.exitCode = 1;
  });
} catch (error) {
  console.error(error instanceof TypeError ? `${error.message}\n\n${USAGE}` : error);
  process.exitCode = 2;
}
