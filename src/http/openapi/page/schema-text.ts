import type { JsonSchema } from '../document-types';
import { type Html, markup, inline } from './html';

type Inner = JsonSchema | boolean | undefined;

/** A schema as a list of its fields, those of inner objects below them; a named one is linked. */
export function schemaHtml(schema: JsonSchema): Html {
  const { properties, required = [], description } = schema;
  const text = description === undefined ? null : markup` ${inline(description.replaceAll('\n', ' '))}`;
  const fields = Object.entries(schema.$ref === undefined ? (properties ?? {}) : {}).map(
    ([name, field]) =>
      markup`<li>
        <code>${name}</code>${required.includes(name) ? null : ' (optional)'}: ${fieldHtml(field)}
      </li>`,
  );
  const list =
    fields.length > 0
      ? markup`<ul>
          ${fields}
        </ul>`
      : null;
  return markup`${typeHtml(schema)}.${text}${list}`;
}

function fieldHtml(field: Inner): Html {
  return typeof field === 'object' ? schemaHtml(field) : markup`any JSON.`;
}

/** What it is, in a few words. */
function typeHtml(schema: JsonSchema): Html {
  const { $ref, anyOf, type, items } = schema;
  if ($ref !== undefined) {
    const name = $ref.split('/').at(-1) ?? '';
    return markup`<a href="#schema-${name}">${name}</a>${codesHtml(schema)}`;
  }
  if (anyOf) {
    const kinds = anyOf.map((it) => kindHtml(it));
    return markup`${kinds.flatMap((it, index) => (index === 0 ? [it] : [markup` or `, it]))}`;
  }
  if (schema.const !== undefined) return markup`<code>${JSON.stringify(schema.const)}</code>`;
  if (schema.enum) return markup`one of ${listHtml(schema.enum.map((it) => JSON.stringify(it)))}`;
  if (type === 'array') return markup`list of ${kindHtml(Array.isArray(items) ? items[0] : items)}`;
  return markup`${typeof type === 'string' ? type : 'any JSON'}${boundsHtml(schema)}`;
}

/** An alternative, or what a list is of: with its fields when it has any. */
function kindHtml(schema: Inner): Html {
  if (typeof schema !== 'object') return markup`any JSON`;
  return schema.properties && schema.$ref === undefined ? schemaHtml(schema) : typeHtml(schema);
}

/** The codes of an error, which the answer at hand narrows. */
function codesHtml({ properties }: JsonSchema): Html | null {
  const code = properties?.code;
  if (typeof code !== 'object' || !code.enum) return null;
  return markup` with <code>code</code> ${listHtml(code.enum.map(String))}`;
}

function listHtml(texts: readonly string[]): readonly Html[] {
  return texts.map((text, index) => markup`${index === 0 ? null : ', '}<code>${text}</code>`);
}

function boundsHtml({ minimum, exclusiveMinimum, maximum, pattern, default: value }: JsonSchema): Html {
  const above = typeof exclusiveMinimum !== 'number' ? null : markup`, more than ${exclusiveMinimum}`;
  return markup`${minimum === undefined ? null : markup`, at least ${minimum}`}${above}${
    maximum === undefined ? null : markup`, at most ${maximum}`
  }${pattern === undefined ? null : markup`, like <code>${pattern}</code>`}${
    value === undefined ? null : markup`, <code>${JSON.stringify(value)}</code> unless given`
  }`;
}
