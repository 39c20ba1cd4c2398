import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020';
import { openApiDocument } from '../../src/http/openapi/document';
import type { OperationObject } from '../../src/http/openapi/document-types';

/** Where an operation or an answer is described, as the keys that lead there. */
export type Place = readonly string[];

/** An operation that the document describes. */
export interface DescribedOperation {
  readonly place: Place;
  /** The path as the document has it. */
  readonly path: string;
  readonly method: string;
  readonly operation: OperationObject;
}

export const apiDocument = openApiDocument();

export const describedOperations: readonly DescribedOperation[] = Object.entries(apiDocument.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      place: ['paths', path, method],
      path,
      method,
      operation,
    })),
);

const ajv = new Ajv2020({
  strict: false,
  // That the document is one is tested once, where it is a test's matter; here it would cost each test file.
  meta: false,
  validateSchema: false,
  allErrors: true,
  verbose: true,
  formats: {
    'date-time': (text: string) => !Number.isNaN(Date.parse(text)),
    uri: (text: string) => URL.canParse(text),
  },
});
ajv.addSchema({ $id: 'api', ...(closed(apiDocument) as object) });

const validators = new Map<string, ValidateFunction>();

/** What is wrong with a value by the schema at a place of the document; no field may be there that is not described. */
export function schemaFaults(place: Place, value: unknown): readonly string[] {
  const pointer = place
    .map((key) => encodeURIComponent(key.replaceAll('~', '~0').replaceAll('/', '~1')))
    .join('/');
  let validate = validators.get(pointer);
  if (!validate) {
    validate = ajv.compile({ $ref: `api#/${pointer}` });
    validators.set(pointer, validate);
  }
  if (validate(value)) return [];
  return (validate.errors ?? []).map(
    ({ instancePath, message, params, data }) =>
      `${instancePath} ${String(message)} ${JSON.stringify(params)}, but is ${JSON.stringify(data).slice(0, 200)}`,
  );
}

/** Follows a reference at a place to the place that it names. */
export function followed(place: Place): { readonly place: Place; readonly found: unknown } {
  const found = place.reduce<unknown>(
    (value, key) => (value as Readonly<Record<string, unknown>> | undefined)?.[key],
    apiDocument,
  );
  const target = (found as { readonly $ref?: unknown } | undefined)?.$ref;
  return typeof target === 'string' ? followed(target.slice('#/'.length).split('/')) : { place, found };
}

/** Clients are to pass over fields that they do not know; the server is to describe all that it sends. */
function closed(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(closed);
  if (typeof value !== 'object' || value === null) return value;
  const copy: Record<string, unknown> = {};
  for (const [key, inner] of Object.entries(value)) copy[key] = closed(inner);
  const isOpen = copy.type === 'object' && 'properties' in copy && !('additionalProperties' in copy);
  return isOpen ? { ...copy, additionalProperties: false } : copy;
}
