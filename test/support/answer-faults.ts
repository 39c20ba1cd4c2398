import type { HeaderObject, ResponseObject } from '../../src/http/openapi/document-types';
import {
  describedOperations,
  type DescribedOperation,
  followed,
  type Place,
  schemaFaults,
} from './api-description';

/** An answer as it was sent. */
export interface SentAnswer {
  readonly method: string;
  /** The request's target, with its query. */
  readonly url: string;
  readonly status: number;
  /** By their names in lower case. */
  readonly headers: ReadonlyMap<string, string>;
  readonly body: string;
  /** Whether all of it was sent. */
  readonly isWhole: boolean;
}

/** What can be answered whatever was asked for, by status. */
const FOR_ANY_PATH: Readonly<Record<number, string>> = {
  204: 'Options',
  400: 'InvalidRequest',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'RouteNotFound',
  405: 'MethodNotAllowed',
  429: 'RateLimited',
  500: 'Internal',
  503: 'Unavailable',
};

const matchers = describedOperations.map((described) => ({
  described,
  pattern: new RegExp(`^${described.path.replace(/[.]/g, '\\.').replace(/\{\w+\}/g, '[^/]+')}/?$`, 'i'),
}));

/** In what an answer differs from its description; nothing when it fits. */
export function answerFaults(answer: SentAnswer): readonly string[] {
  const { method, url, status } = answer;
  // The parts of the page are no interface; that nothing has changed is HTTP's to say.
  if (url.startsWith('/page/') || status === 304) return [];
  const place = responsePlace(answer);
  const named = (fault: string) => `${method} ${url} ${status}: ${fault}`;
  if (!place) return [named('this status is not described')];
  const { found } = followed(place);
  return [...headerFaults(answer, place), ...bodyFaults(answer, place, found as ResponseObject)].map(named);
}

/** The operation that a request asks for; HEAD is like GET. */
function operationOf(method: string, url: string): DescribedOperation | undefined {
  const [path = ''] = url.replace(/^https?:\/\/[^/]+/, '').split('?');
  const wanted = method === 'HEAD' ? 'get' : method.toLowerCase();
  return matchers.find(({ described, pattern }) => described.method === wanted && pattern.test(path))
    ?.described;
}

function responsePlace({ method, url, status }: SentAnswer): Place | undefined {
  // Refused before it gets to a route.
  if (status === 417) return ['components', 'responses', 'InvalidRequest'];
  const operation = operationOf(method, url);
  if (operation) {
    const isDescribed = String(status) in operation.operation.responses;
    return isDescribed ? followed([...operation.place, 'responses', String(status)]).place : undefined;
  }
  const name = FOR_ANY_PATH[status];
  return name === undefined ? undefined : ['components', 'responses', name];
}

function headerFaults({ headers }: SentAnswer, place: Place): readonly string[] {
  const described = followed([...place, 'headers']).found ?? {};
  return Object.keys(described).flatMap((name) => {
    const { place: at, found } = followed([...place, 'headers', name]);
    const { required, schema } = found as HeaderObject;
    const text = headers.get(name.toLowerCase());
    if (text === undefined) return required ? [`the header ${name} is missing`] : [];
    const value = schema.type === 'integer' ? Number(text) : text;
    return schemaFaults([...at, 'schema'], value).map((fault) => `the header ${name}: ${fault}`);
  });
}

function bodyFaults(
  { method, headers, body, isWhole }: SentAnswer,
  place: Place,
  { content }: ResponseObject,
): readonly string[] {
  const type = headers.get('content-type')?.split(';')[0];
  if (!content) return body === '' && type === undefined ? [] : ['a body is not described'];
  if (type === undefined || !content[type]) return [`the Content-Type ${String(type)} is not described`];
  if (method === 'HEAD') return [];
  const at = [...place, 'content', type];
  if (type === 'text/event-stream')
    return eventsOf(body).flatMap((it) => schemaFaults([...at, 'x-itemSchema'], it));
  if (!isWhole) return [];
  if (type === 'application/x-ndjson') {
    return body
      .trimEnd()
      .split('\n')
      .flatMap((line) => schemaFaults([...at, 'x-itemSchema'], JSON.parse(line)));
  }
  return schemaFaults([...at, 'schema'], type === 'application/json' ? JSON.parse(body) : body);
}

/** The whole events of a stream. */
function eventsOf(body: string): readonly unknown[] {
  return body
    .split('\n\n')
    .slice(0, -1)
    .filter((block) => !block.startsWith(':'))
    .map((block) => {
      const fields = block.split('\n').map((line) => line.split(/: (.*)/s));
      const { id, event, data } = Object.fromEntries(fields) as Record<string, string | undefined>;
      return { ...(id !== undefined && { id }), event, data: JSON.parse(data ?? 'null') as unknown };
    });
}
