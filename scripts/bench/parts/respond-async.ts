import { startDynamoDbEmulatorProcess } from '../../../test/support/dynamodb-emulator-process';
import { type BenchContext, type Part, stopAll } from '../bench-context';
import { type PartReport, ratios } from '../report';
import { interleave, type Sample } from '../rounds';
import { subscribe, type Subject } from '../subjects/subject';

const FAN_OUT = 10;
const TOPIC = 'respond-async';
const PREFER = { prefer: 'respond-async' };

/** Answering once the message is stored, rather than once its outcome is known. */
export const respondAsyncPart: Part = {
  name: 'respond-async',
  title:
    'Answer before delivery (Prefer: respond-async): fan-out 10 × 1 KiB; DynamoDB is an emulator, for the shape only',
  async run(context, report) {
    await runStore(context, report, 'embedded', {});
    // The SDK warns about Node 20 in every process that uses it; this is its own switch for that one warning.
    process.env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
    const emulator = await startDynamoDbEmulatorProcess();
    try {
      await runStore(context, report, 'dynamodb', {
        STORE: 'dynamodb',
        AWS_REGION: 'eu-west-1',
        AWS_ACCESS_KEY_ID: 'bench',
        AWS_SECRET_ACCESS_KEY: 'bench',
        DYNAMODB_ENDPOINT: emulator.endpoint,
        MESSAGE_TABLE_NAME: emulator.tables.messages,
        SUBSCRIPTION_TABLE_NAME: emulator.tables.subscriptions,
        SUBSCRIBER_TABLE_NAME: emulator.tables.subscribers,
      });
    } finally {
      await emulator.stop();
    }
  },
};

async function runStore(
  context: BenchContext,
  report: PartReport,
  store: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const herald = await context.herald.start(`herald, ${store}`, env);
  await subscribe(
    herald,
    TOPIC,
    context.origins.slice(0, FAN_OUT).map((origin) => `${origin}/hook`),
  );
  if (await isPreferenceApplied(herald)) await compare(context, report, herald, store);
  else report.note(`${store}: skipped, the server does not answer Preference-Applied`);
  await stopAll([herald]);
}

async function isPreferenceApplied({ origin }: Subject): Promise<boolean> {
  const response = await fetch(`${origin}/publish/${TOPIC}`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...PREFER },
    body: '{}',
  });
  await response.arrayBuffer();
  return response.headers.get('preference-applied')?.includes('respond-async') === true;
}

async function compare(
  context: BenchContext,
  report: PartReport,
  herald: Subject,
  store: string,
): Promise<void> {
  const ways = [
    { name: 'after delivery', headers: {} },
    { name: 'respond-async', headers: PREFER },
  ];
  const samples = await interleave(ways, context.either(3, 1), ({ headers }) =>
    measure(context, herald, headers),
  );
  report.rowsOf(store, samples);
  report.check(
    `${store}: publishes/s, respond-async / after delivery`,
    ratios(samples, 'publishes/s', 'respond-async', 'after delivery'),
  );
}

async function measure(
  { generator, either }: BenchContext,
  { origin }: Subject,
  headers: Readonly<Record<string, string>>,
): Promise<Sample> {
  const load = { origin, paths: [`/publish/${TOPIC}`], bytes: 1024, connections: 16, headers };
  const { answered, failed, seconds } = await generator.call('closedLoop', {
    ...load,
    seconds: either(3, 0.2),
  });
  if (failed > 0) throw new Error(`${failed} of ${failed + answered} publishes failed`);
  return { 'publishes/s': answered / seconds };
}
