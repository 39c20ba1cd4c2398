import fc from 'fast-check';
import type { ParameterObject } from '../../src/http/openapi/document-types';
import {
  type DescribedOperation,
  describedOperations,
  followed,
  schemaFaults,
} from '../support/api-description';
import { startTestService, type TestService } from '../support/start-test-service';

/*
 * Requests that are wrong by the description, made from it. That each answer is described, with its code, is checked for
 * all tests that use the test service; here it has to be a 4xx besides.
 */

const RUNS = 40;

const TAKEN = ['topic_not_found', 'subscription_not_found', 'subscriber_not_found', 'message_not_found'];

interface WrongRequest {
  readonly path?: Readonly<Record<string, string>>;
  readonly query?: Readonly<Record<string, string>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

const EVENT_URL = 'http://localhost:8000/event';

function parametersOf({
  place,
  operation,
}: DescribedOperation): readonly (ParameterObject & { readonly at: string })[] {
  return operation.parameters.flatMap((it, index) =>
    'in' in it ? [{ ...it, at: [...place, 'parameters', String(index), 'schema'].join('\n') }] : [],
  );
}

/** The value of a parameter, as its schema would have it. */
function meant(text: string, { schema }: ParameterObject): unknown {
  return schema.type === 'integer' && /^-?\d+(\.\d+)?$/.test(text) ? Number(text) : text;
}

/** Whether the description refuses a text; white space around a parameter does not count. */
function isWrong(text: string, parameter: ParameterObject & { readonly at: string }): boolean {
  if (parameter.allowEmptyValue && text === '') return false;
  return schemaFaults(parameter.at.split('\n'), meant(text.trim(), parameter)).length > 0;
}

/** Parameters of which the description says what they may be. */
function checkedParameters(described: DescribedOperation) {
  return parametersOf(described).filter(({ schema }) => {
    const { found } =
      schema.$ref === undefined ? { found: schema } : followed(schema.$ref.slice(2).split('/'));
    const { pattern, minimum, format, enum: values } = found as ParameterObject['schema'];
    return pattern !== undefined || minimum !== undefined || format !== undefined || values !== undefined;
  });
}

const headerText = fc.string({ unit: fc.constantFrom('a', '"', ' ', '7', '-', '\u00e9'), maxLength: 300 });
const anyText = fc.oneof(
  fc.string({ maxLength: 40 }),
  fc.constantFrom(
    '-1',
    '1.5',
    '1e3',
    '999999999',
    ' ',
    'null',
    'http://',
    'http:x',
    'ftp://x/',
    '%',
    '\u0000',
  ),
);

/** Of several ways, one of its parameters is wrong. */
function wrongParameter(described: DescribedOperation): fc.Arbitrary<WrongRequest> | null {
  const wrong = checkedParameters(described).map((parameter) =>
    (parameter.in === 'header' ? headerText : anyText)
      .filter((text) => isWrong(text, parameter))
      // A path cannot hold these: clients take them out.
      .filter((text) => parameter.in !== 'path' || !/^\.{0,2}$/.test(text))
      .map((text): WrongRequest => ({ [keyOf(parameter.in)]: { [parameter.name]: text } })),
  );
  return wrong.length === 0 ? null : fc.oneof(...wrong);
}

const keyOf = (where: ParameterObject['in']) => (where === 'header' ? 'headers' : where);

/** Bodies that are JSON, but not what the schema takes. */
function wrongBody({ place, operation }: DescribedOperation): fc.Arbitrary<WrongRequest> | null {
  const body = operation.requestBody?.content['application/json'];
  const isChecked = body?.schema.type === 'object' || body?.schema.anyOf !== undefined;
  if (!body || !isChecked) return null;
  const schemaPlace = [...place, 'requestBody', 'content', 'application/json', 'schema'];
  const example = body.example as Readonly<Record<string, unknown>>;
  const fields = [...Object.keys(body.schema.properties ?? {}), 'upTo', 'ids', 'id', 'other'];
  const changed = fc
    .tuple(fc.constantFrom(...fields), fc.jsonValue())
    .map(([field, value]) => ({ ...example, [field]: value }));
  const without = fc
    .constantFrom(...Object.keys(example))
    .map((field) => Object.fromEntries(Object.entries(example).filter(([key]) => key !== field)));
  return fc
    .oneof(changed, without, fc.jsonValue())
    .map((value): unknown => JSON.parse(JSON.stringify(value)))
    .filter((value) => schemaFaults(schemaPlace, value).length > 0)
    .map((value) => ({ body: JSON.stringify(value) }));
}

/** What is no JSON body of any kind. */
function notJson({ operation }: DescribedOperation): fc.Arbitrary<WrongRequest> | null {
  if (!operation.requestBody) return null;
  const isJson = (text: string) => {
    try {
      JSON.parse(text);
      return true;
    } catch {
      return false;
    }
  };
  return fc.oneof(
    fc.constantFrom('', '{', '[1,]', "{'a': 1}", 'NaN').map((body) => ({ body })),
    fc
      .string({ maxLength: 30 })
      .filter((text) => !isJson(text))
      .map((body) => ({ body })),
    fc
      .constantFrom(
        'text/plain',
        'application/xml',
        'application/json; charset=utf-16',
        'multipart/form-data',
      )
      .map((type) => ({ headers: { 'content-type': type } })),
    fc.constantFrom('zip', 'gzip', 'deflate').map((coding) => ({ headers: { 'content-encoding': coding } })),
  );
}

const cases = describedOperations.flatMap((described) => {
  const name = `${described.method.toUpperCase()} ${described.path}`;
  const kinds = { parameter: wrongParameter, body: wrongBody, 'text for JSON': notJson };
  return Object.entries(kinds).flatMap(([kind, make]) => {
    const arbitrary = make(described);
    return arbitrary ? [[name, kind, described, arbitrary] as const] : [];
  });
});

describe('a request that is wrong by the description', () => {
  let service: TestService;

  beforeAll(async () => {
    service = await startTestService();
    // So that nothing is wrong but what is meant to be.
    const body = JSON.stringify({ url: EVENT_URL, delivery: 'poll' });
    await service.post('/subscribe/orders', body);
  });

  afterAll(() => service.close());

  /** The operation's example, with what is wrong put over it. */
  function send(described: DescribedOperation, wrong: WrongRequest): Promise<Response> {
    const { method, path, operation } = described;
    const [query, inPath] = (['query', 'path'] as const).map((where) => ({
      ...Object.fromEntries(
        parametersOf(described)
          .filter((it) => it.in === where && it.required)
          .map(({ name, example = EVENT_URL }) => [name, String(example)]),
      ),
      ...wrong[where],
    }));
    const target = path.replace(/\{(\w+)\}/g, (_all, name: string) =>
      encodeURIComponent(inPath?.[name] ?? ''),
    );
    const example = operation.requestBody?.content['application/json']?.example;
    const body = wrong.body ?? (example === undefined ? undefined : JSON.stringify(example));
    return fetch(`${service.url}${target}?${new URLSearchParams(query).toString()}`, {
      method: method.toUpperCase(),
      headers: { ...(body !== undefined && { 'content-type': 'application/json' }), ...wrong.headers },
      ...(body !== undefined && { body }),
    });
  }

  it.each(cases)('%s with a wrong %s is answered 4xx', async (_name, _kind, described, arbitrary) => {
    await fc.assert(
      fc.asyncProperty(arbitrary, async (wrong) => {
        const response = await send(described, wrong);
        expect(response.status).toBeGreaterThanOrEqual(400);
        expect(response.status).toBeLessThan(500);
        const { code } = (await response.json()) as { code: string };
        // These would say that what is wrong was taken.
        expect(TAKEN).not.toContain(code);
      }),
      { numRuns: RUNS },
    );
  });

  it('is made for every route that takes something', () => {
    const names = new Set(cases.map(([name]) => name));
    expect([...names].sort()).toEqual([
      'DELETE /subscriber/messages',
      'GET /subscriber',
      'GET /subscriber/messages',
      'GET /subscribers/{topic}',
      'GET /tail',
      'PATCH /subscriber',
      'POST /event',
      'POST /publish/{topic}',
      'POST /subscribe/{topic}',
      'POST /subscriber/ack',
      'POST /subscriber/replay',
      'POST /subscriber/secret',
      'POST /unsubscribe/{topic}',
    ]);
  });
});
