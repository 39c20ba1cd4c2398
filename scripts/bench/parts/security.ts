import { createSecretKey } from 'node:crypto';
import { SignJWT } from 'jose';
import { type BenchContext, type Part, stopAll } from '../bench-context';
import { ratios } from '../report';
import { interleave, measureThroughput, type Sample } from '../rounds';
import { subscribe, type Subject } from '../subjects/subject';

const TOPIC = 'secured';
const FAN_OUT = 10;
const BYTES = 1024;
const [OFF, ON] = ['security off', 'security on'] as const;
const JWT_SECRET = 'a secret for the benchmark, of 32 bytes or more';

/** Everything that is looked at for each request and each push; limits that count, and are never reached. */
const SECURED = {
  AUTH: 'jwt',
  JWT_SECRET,
  PUSH_PRIVATE_NETWORKS: 'deny',
  PUSH_ALLOW: '127.0.0.0/8',
  // Asked once per subscriber, and so no part of a push.
  VERIFY_SUBSCRIBERS: 'off',
  RATE_LIMIT_REQUESTS_PER_SECOND: '1000000',
  RATE_LIMIT_PUBLISHES_PER_MINUTE: '60000000',
  RATE_LIMIT_AUTH_FAILURES: '10',
};

/** What tokens, vetted addresses and limits cost publishers. Pushes are signed in any case. */
export const securityPart: Part = {
  name: 'security',
  title: `Security: tokens, vetted addresses and limits, off and on; fan-out ${FAN_OUT} × 1 KiB`,
  async run(context, report) {
    const subjects = [await context.herald.start(OFF), await context.herald.start(ON, SECURED)];
    const authorization = `Bearer ${await tokenFor('publish:* subscribe:*')}`;
    const urls = context.origins.slice(0, FAN_OUT).map((origin) => `${origin}/hook`);
    for (const subject of subjects) await subscribe(subject, TOPIC, urls, { authorization });
    const samples = await interleave(subjects, context.either(7, 1), (subject) =>
      measure(context, subject, authorization),
    );
    report.rowsOf('as fast as it goes', samples);
    report.check('deliveries/s, on / off', ratios(samples, 'deliveries/s', ON, OFF), { atLeast: 0.9 });
    report.check('CPU per delivery, on / off', ratios(samples, 'CPU µs/delivery', ON, OFF));
    await stopAll(subjects);
  },
};

function measure(context: BenchContext, subject: Subject, authorization: string): Promise<Sample> {
  const load = {
    paths: [`/publish/${TOPIC}`],
    bytes: BYTES,
    connections: 16,
    seconds: context.either(2, 0.2),
    headers: { authorization },
  };
  const warmUpSeconds = context.either(0.7, 0.1);
  return measureThroughput(context, { subject, load, fanOut: FAN_OUT, warmUpSeconds });
}

function tokenFor(scope: string): Promise<string> {
  return new SignJWT({ scope })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setIssuedAt()
    .setExpirationTime('1h')
    .sign(createSecretKey(JWT_SECRET, 'utf8'));
}
