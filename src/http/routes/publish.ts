import type { IRouter, Request, Response } from 'express';
import type { IdempotentPublisher } from '../../broker/idempotent-publisher';
import type { MessageBroker, PublishOptions } from '../../broker/message-broker';
import type { PublishResult } from '../../broker/publish-result';
import type { PublishResultName, Tallies } from '../../metrics/tallies';
import { type TraceContext, traceContextOf } from '../../trace-context';
import { checkScope } from '../auth/authenticate';
import type { BodyMemory } from '../body-memory';
import { drained } from '../disconnect';
import { hopsOf } from '../hops';
import { toHeraldError } from '../middleware/error-handler';
import { requestIdOf } from '../middleware/request-id';
import { defineRoute } from '../define-route';
import { jsonBodyReader, parseJson, type ReadJsonBody } from '../json-body';
import { isJsonLines, JSON_LINES_TYPE, MAX_BATCH_BYTES, readJsonLines } from '../json-lines';
import { ParseTurns } from '../parse-turns';
import { idempotencyKeyOf, type Preferences, preferencesOf } from '../prefer';
import { publishAnswer, publishStatus } from '../publish-answer';
import { sendJson } from '../send-json';
import { topicParam } from '../topic-param';

const RETRY_AFTER_SECONDS = '1';
/** Lines of a batch that are published at once. */
const BATCH_WINDOW = 16;

const RESULT_NAMES = { 200: 'received', 202: 'stored', 503: 'lost' } as const;

export interface PublishRoutesDeps {
  readonly broker: MessageBroker;
  readonly idempotent: IdempotentPublisher;
  readonly tallies: Tallies;
  readonly bodies: BodyMemory;
}

/** What the request's headers say about how to publish. */
interface PublishHeaders {
  readonly preferences: Preferences;
  readonly key: string | undefined;
  readonly hops: number;
  readonly trace: TraceContext | undefined;
  readonly requestId: string;
}

interface Published {
  readonly result: PublishResult;
  readonly isReplay: boolean;
}

async function publishUncounted(
  { broker, idempotent }: Pick<PublishRoutesDeps, 'broker' | 'idempotent'>,
  topic: string,
  text: string,
  { preferences, key, hops, trace, requestId }: PublishHeaders,
): Promise<Published> {
  const { respondAsync, waitMs } = preferences;
  const options: PublishOptions = {
    respondAsync,
    hops,
    requestId,
    ...(waitMs !== undefined && { waitMs }),
    ...(trace && { trace }),
  };
  if (key !== undefined) return idempotent.publish(topic, text, key, options);
  return { result: await broker.publish(topic, text, options), isReplay: false };
}

/** Tells the tallies what becomes of a publish. */
async function publishCounted(tallies: Tallies, publish: () => Promise<Published>): Promise<Published> {
  const startedAt = performance.now();
  try {
    const published = await publish();
    if (published.isReplay) tallies.published('replayed');
    else tallies.published(resultNameOf(published), (performance.now() - startedAt) / 1000);
    return published;
  } catch (error) {
    tallies.published(toHeraldError(error).status < 500 ? 'refused' : 'failed');
    throw error;
  }
}

/** Publishing: the body is passed on as it came. */
export function publishRoutes(
  router: IRouter,
  { broker, idempotent, tallies, bodies }: PublishRoutesDeps,
): void {
  const readBody = jsonBodyReader(broker.maxMessageBytes);
  const turns = new ParseTurns();

  const counted = (publish: () => Promise<Published>) => publishCounted(tallies, publish);

  const publish = (topic: string, text: string, headers: PublishHeaders) =>
    publishUncounted({ broker, idempotent }, topic, text, headers);

  /** @throws HeraldError; a body that was read and is not JSON counts as a publish that was refused */
  const readCounted: ReadJsonBody = async (req, res) => {
    try {
      return await readBody(req, res);
    } catch (error) {
      if (toHeraldError(error).code === 'invalid_json') tallies.published('refused');
      throw error;
    }
  };

  defineRoute(router, '/publish/:topic', {
    POST: async (req, res) => {
      const topic = topicParam(req);
      checkScope(req, res, 'publish', topic);
      const headers = headersOf(req, res);
      if (isJsonLines(req)) {
        const settle = bodies.hold(res, MAX_BATCH_BYTES);
        const lines = await readJsonLines(req, res);
        settle(lines.reduce((sum, line) => sum + line.length, 0));
        broker.check(topic, '');
        tellApplied(res, headers);
        await publishLines(res, lines, turns, async (line, number) => {
          // A key has no spaces: no other request can have the key of a line.
          const key = headers.key === undefined ? undefined : `${headers.key} ${number}`;
          const { result } = await counted(async () => {
            // Before it is parsed: a line of 16 MiB would hold up everybody.
            broker.check(topic, line);
            return publish(topic, parseJson(line).text, { ...headers, key });
          });
          const { status, body } = publishAnswer(result);
          return { status, ...body };
        });
        return;
      }
      const settle = bodies.hold(res, broker.maxMessageBytes);
      const { text } = await readCounted(req, res);
      settle(text.length);
      const { result, isReplay } = await counted(() => publish(topic, text, headers));
      const { status, body } = publishAnswer(result);
      // Whoever repeats a publish under way waits as that one does.
      if (isReplay) res.set('Idempotency-Replayed', 'true');
      else tellApplied(res, headers);
      if (status === 503) res.set('Retry-After', RETRY_AFTER_SECONDS);
      sendJson(res, status, body);
    },
  });
}

function tellApplied(res: Response, { preferences: { applied } }: PublishHeaders): void {
  if (applied !== '') res.set('Preference-Applied', applied);
}

/** Publishes line by line, some at once, and writes an answer for each, in their order, as soon as it is known. */
async function publishLines(
  res: Response,
  lines: readonly string[],
  turns: ParseTurns,
  publish: (line: string, number: number) => Promise<object>,
): Promise<void> {
  res.type(JSON_LINES_TYPE);
  // Of lines begun and not answered yet: an answer names all subscribers, so few are held at once.
  const answers: Promise<object>[] = [];
  const begin = async (number: number) => {
    const line = lines[number];
    if (line === undefined) return;
    await turns.next(line.length);
    answers.push(publish(line, number).catch(faultOf));
  };
  for (let number = 0; number < BATCH_WINDOW; number += 1) await begin(number);
  for (let number = 0; number < lines.length && !isLeft(res.req); number += 1) {
    const answer = await answers.shift();
    if (!res.write(`${JSON.stringify(answer)}\n`)) await drained(res);
    await begin(number + BATCH_WINDOW);
  }
  // Those begun when the publisher left are finished all the same.
  await Promise.all(answers);
  res.end();
}

function headersOf(req: Request, res: Response): PublishHeaders {
  return {
    preferences: preferencesOf(req),
    key: idempotencyKeyOf(req),
    hops: hopsOf(req),
    trace: traceContextOf(req.get('traceparent'), req.get('tracestate')),
    requestId: requestIdOf(res),
  };
}

function resultNameOf({ result }: Published): PublishResultName {
  return RESULT_NAMES[publishStatus(result)];
}

function isLeft({ socket }: Request): boolean {
  return socket.destroyed;
}

function faultOf(error: unknown): object {
  const { status, code, message } = toHeraldError(error);
  return { status, message, code };
}
