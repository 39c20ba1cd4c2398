import { programVersion } from '../../version';
import type {
  ContentObject,
  OpenApiDocument,
  OperationObject,
  ParameterObject,
  Reference,
  ResponseObject,
} from './document-types';
import { errorResponses, HEADERS, headersOf, SHARED_RESPONSES } from './error-responses';
import { type Contents, type Operation, type Parameter, TAGS } from './operation';
import { OPERATIONS } from './operations';
import { REQUEST_ID } from './parameters';
import { SchemaSet } from './schema-set';
import { ErrorAnswer } from './schemas/errors';
import { SECURITY_SCHEMES } from './security';

const DESCRIPTION = `An HTTP publish/subscribe server. A publisher POSTs JSON to a topic; the server POSTs it at once to every URL that is subscribed to the topic, answers what became of it at each of them, and keeps the copies of those that did not receive it.

A body needs \`Content-Type: application/json\`; any type that ends in \`+json\` will do.

Every path that answers \`GET\` answers \`HEAD\`, and every path answers \`OPTIONS\` with \`Allow\`. Other methods get 405 with \`Allow\`.

Every request may have an \`X-Request-Id\` of 1 to 128 visible ASCII characters, which is answered as it came; else a new one is made. Where callers are limited, \`RateLimit-Policy\` and \`RateLimit\` say how, and what is left.

Every answer that is not a success has the form of the schema \`Error\`. Programs go by \`code\`. Answers may get fields that are not described here: pass over what you do not know.

Where the server runs with \`AUTH=none\`, as it does on localhost, nobody is asked for a token.`;

/** Describes the whole API as OpenAPI 3.1, from the schemas that check its requests. The same for every server. */
export function openApiDocument(operations: readonly Operation[] = OPERATIONS): OpenApiDocument {
  const schemas = new SchemaSet();
  schemas.add(ErrorAnswer);
  const paths: Record<string, Record<string, OperationObject>> = {};
  for (const operation of operations) {
    const path = operation.path.replace(/:(\w+)/g, '{$1}');
    (paths[path] ??= {})[operation.method] = operationObject(operation, schemas);
  }
  return {
    openapi: '3.1.1',
    info: { title: 'Herald', version: programVersion(), description: DESCRIPTION },
    servers: [{ url: '/' }],
    tags: Object.entries(TAGS).map(([name, description]) => ({ name, description })),
    paths,
    components: {
      schemas: schemas.named,
      responses: SHARED_RESPONSES,
      headers: HEADERS,
      parameters: { RequestId: parameterObject(REQUEST_ID, schemas) },
      securitySchemes: SECURITY_SCHEMES,
    },
  };
}

function operationObject(operation: Operation, schemas: SchemaSet): OperationObject {
  const { id, tag, summary, description, access, parameters = [], body } = operation;
  return {
    operationId: id,
    tags: [tag],
    summary,
    ...(description !== undefined && { description }),
    security: access.map((it) => ({ ...it })),
    parameters: [
      ...parameters.map((it) => parameterObject(it, schemas)),
      { $ref: '#/components/parameters/RequestId' },
    ],
    ...(body && {
      requestBody: {
        description: body.description,
        required: true,
        content: contentObject(body.content, schemas),
      },
    }),
    responses: responsesOf(operation, schemas),
  };
}

function responsesOf(operation: Operation, schemas: SchemaSet): OperationObject['responses'] {
  const responses: Record<string, ResponseObject | Reference> = { ...errorResponses(operation) };
  for (const [status, { description, content, headers = [] }] of Object.entries(operation.answers)) {
    const own: ResponseObject = {
      description,
      ...(headers.length > 0 && { headers: headersOf(headers) }),
      ...(content && { content: contentObject(content, schemas) }),
    };
    const fault = responses[status];
    responses[status] = fault && !('$ref' in fault) ? eitherOf(own, fault) : own;
  }
  return responses;
}

/** Where a status is both an answer of the route and one for errors. */
function eitherOf(own: ResponseObject, fault: ResponseObject): ResponseObject {
  const [answer, error] = [own.content?.['application/json'], fault.content?.['application/json']];
  return {
    description: `${own.description}\n\n${fault.description}`,
    headers: { ...fault.headers, ...own.headers },
    content: {
      'application/json': { ...answer, schema: { anyOf: [answer?.schema ?? {}, error?.schema ?? {}] } },
    },
  };
}

function parameterObject(parameter: Parameter, schemas: SchemaSet): ParameterObject {
  const { schema, ...rest } = parameter;
  return { ...rest, schema: schemas.add(schema) };
}

function contentObject(contents: Contents, schemas: SchemaSet): ContentObject {
  return Object.fromEntries(
    Object.entries(contents).map(([type, { schema, itemSchema, example }]) => [
      type,
      {
        schema: schemas.add(schema),
        ...(itemSchema && { 'x-itemSchema': schemas.add(itemSchema) }),
        example,
      },
    ]),
  );
}
