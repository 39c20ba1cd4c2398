import { z } from 'zod';
import type { JsonSchema } from './document-types';

/** Turns zod schemas into JSON schemas (draft 2020-12); those that have an id are kept once, and referred to. */
export class SchemaSet {
  readonly #named: Record<string, JsonSchema> = {};

  /** Those with an id that were met so far, by their id. */
  get named(): Readonly<Record<string, JsonSchema>> {
    const names = Object.keys(this.#named).sort();
    return Object.fromEntries(names.map((name) => [name, this.#named[name] ?? {}]));
  }

  /** What a client sends, or gets; the form before zod would change it. */
  add(schema: z.ZodType): JsonSchema {
    const { properties, $defs } = cleaned(z.toJSONSchema(z.object({ it: schema }), { io: 'input' }));
    Object.assign(this.#named, $defs);
    const converted = properties?.it;
    return typeof converted === 'object' ? converted : {};
  }
}

/** Refers into an OpenAPI document, and leaves out bounds that only say what a JavaScript number can hold. */
function cleaned(schema: z.core.JSONSchema.BaseSchema): z.core.JSONSchema.BaseSchema {
  const text = JSON.stringify(schema, (_key, value: unknown) =>
    value === Number.MAX_SAFE_INTEGER || value === Number.MIN_SAFE_INTEGER ? undefined : value,
  ).replaceAll('"#/$defs/', '"#/components/schemas/');
  return JSON.parse(text) as z.core.JSONSchema.BaseSchema;
}
