import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { BuiltInSubscriber } from '../../src/broker/built-in-subscriber';
import { ERROR_CODES } from '../../src/errors';
import { createApp } from '../../src/http/app';
import { ERROR_TEXTS } from '../../src/http/openapi/error-texts';
import { TAGS } from '../../src/http/openapi/operation';
import {
  apiDocument,
  describedOperations,
  followed,
  type Place,
  schemaFaults,
} from '../support/api-description';
import { newBrokerParts } from '../support/broker-parts';
import { TemporaryDirectories } from '../support/temporary-directory';

/** The command of @seriousme/openapi-schema-validator, which as a module cannot be loaded here. */
const VALIDATOR = join(
  dirname(require.resolve('@seriousme/openapi-schema-validator/package.json')),
  'bin/validate-api-cli.js',
);

const directories = new TemporaryDirectories();

afterAll(() => directories.removeAll());

function newApp() {
  return createApp({
    ...newBrokerParts(),
    builtIn: new BuiltInSubscriber(),
    verifier: null,
    limits: null,
    trustProxy: false,
    checkReady: () => Promise.resolve(),
  });
}

interface Layer {
  readonly route?: {
    readonly path: string;
    readonly stack: readonly { readonly method: string | undefined }[];
  };
}

/** Every bodies' example in the document, with the place of its schema. */
function examples(): readonly (readonly [place: Place, example: unknown, itemPlace: Place | null])[] {
  return describedOperations.flatMap(({ place, operation }) => {
    const bodies: Place[] = [[...place, 'requestBody']];
    for (const status of Object.keys(operation.responses)) {
      bodies.push(followed([...place, 'responses', status]).place);
    }
    return bodies.flatMap((body) => {
      const { found } = followed([...body, 'content']);
      return Object.entries((found ?? {}) as Record<string, { example?: unknown }>)
        .filter(([, content]) => 'example' in content)
        .map(([type, content]) => {
          const at = [...body, 'content', type];
          const hasItems = 'x-itemSchema' in content && type.endsWith('ndjson');
          return [[...at, 'schema'], content.example, hasItems ? [...at, 'x-itemSchema'] : null] as const;
        });
    });
  });
}

describe('the OpenAPI document', () => {
  it('is valid by the schema of OpenAPI 3.1', async () => {
    const file = join(await directories.make(), 'openapi.json');
    await writeFile(file, JSON.stringify(apiDocument));
    const { stdout } = await promisify(execFile)(process.execPath, [VALIDATOR, file]);
    expect(JSON.parse(stdout)).toEqual({ valid: true });
  });

  it('has every route of the application, and no other', () => {
    const all: readonly Layer[] = newApp().router.stack;
    // The parts of the page are no interface.
    const stack = all.filter(({ route }) => !route?.path.startsWith('/page/'));
    const actual = stack.flatMap(({ route }) =>
      (route?.stack ?? [])
        .filter(({ method }) => method !== undefined)
        .map(({ method }) => `${String(method)} ${String(route?.path).replace(/:(\w+)/g, '{$1}')}`),
    );
    const described = describedOperations.map(({ method, path }) => `${method} ${path}`);
    expect(described.sort()).toEqual([...new Set(actual)].sort());
  });

  it('names each operation once, under a tag that there is', () => {
    const ids = describedOperations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { operation } of describedOperations) expect(Object.keys(TAGS)).toContain(operation.tags[0]);
  });

  it('describes each path parameter', () => {
    for (const { path, operation } of describedOperations) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      const described = operation.parameters.filter((it) => 'in' in it && it.in === 'path');
      expect(described).toEqual(
        inPath.map((name) => expect.objectContaining({ name, required: true }) as unknown),
      );
    }
  });

  it('has examples that fit', () => {
    for (const [place, example, itemPlace] of examples()) {
      expect([place, schemaFaults(place, example)]).toEqual([place, []]);
      if (!itemPlace) continue;
      for (const line of String(example).trimEnd().split('\n')) {
        expect([itemPlace, schemaFaults(itemPlace, JSON.parse(line))]).toEqual([itemPlace, []]);
      }
    }
    expect(examples().length).toBeGreaterThan(25);
  });

  it('refers only to what is there, and has nothing that is not referred to', () => {
    const refs = [...JSON.stringify(apiDocument).matchAll(/"\$ref":"#\/components\/(\w+)\/([\w-]+)"/g)];
    const used = new Set(refs.map(([, kind, name]) => `${String(kind)}/${String(name)}`));
    const { schemas, headers, parameters } = apiDocument.components;
    const there = Object.entries({ schemas, headers, parameters }).flatMap(([kind, named]) =>
      Object.keys(named).map((name) => `${kind}/${name}`),
    );
    // What holds for any path is referred to by none.
    const isForAnyPath = (name: string) => name.startsWith('responses/');
    expect([...used].filter((it) => !isForAnyPath(it)).sort()).toEqual(there.sort());
  });

  it('says of each error what docs/errors.md says', () => {
    const page = readFileSync(join(__dirname, '../../docs/errors.md'), 'utf8');
    const rows = [...page.matchAll(/^\| `(\w+)` \| \d+ \| (.*?) \|/gm)].map(([, code, when]) => [code, when]);
    expect(Object.entries(ERROR_TEXTS)).toEqual(rows);
    expect(Object.keys(ERROR_TEXTS)).toEqual(Object.keys(ERROR_CODES));
  });
});
