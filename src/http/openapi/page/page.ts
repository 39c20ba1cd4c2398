import type {
  ContentObject,
  OpenApiDocument,
  OperationObject,
  ParameterObject,
  Reference,
  ResponseObject,
} from '../document-types';
import { curlOf } from './curl';
import { Html, markup, inline, prose } from './html';
import { schemaHtml } from './schema-text';
import { STYLE } from './style';

/** The document as one page for a person, without a script. */
export function referencePage(document: OpenApiDocument): string {
  const { info, tags, components } = document;
  const { text } = markup`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <title>${info.title} ${info.version}: reference</title>
        <style>${new Html(STYLE)}</style>
      </head>
      <body>
        <header>
          <h1>${info.title} ${info.version}</h1>
          ${prose(info.description)}
          <p>For tools: <a href="/openapi.json">/openapi.json</a>, OpenAPI ${document.openapi}.</p>
        </header>
        <nav aria-label="Routes">
          <ul>
            ${tags.flatMap(({ name }) => operationsOf(document, name).map(linkHtml))}
          </ul>
        </nav>
        <main>
          ${tags.map(({ name, description }) => tagHtml(document, name, description))}
          <section>
            <h2>Access</h2>
            <dl>${Object.entries(components.securitySchemes).map(schemeHtml)}</dl>
          </section>
          <section>
            <h2>Schemas</h2>
            ${Object.entries(components.schemas).map(
              ([name, schema]) =>
                markup`<section id="schema-${name}">
                  <h3>${name}</h3>
                  <div>${schemaHtml(schema)}</div>
                </section>`,
            )}
          </section>
        </main>
      </body>
    </html>
`;
  return text;
}

interface Entry {
  readonly method: string;
  readonly path: string;
  readonly operation: OperationObject;
}

function operationsOf({ paths }: OpenApiDocument, tag: string): readonly Entry[] {
  return Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, operation]) => operation.tags.includes(tag))
      .map(([method, operation]) => ({ method, path, operation })),
  );
}

function linkHtml({ method, path, operation }: Entry): Html {
  return markup`<li>
    <a href="#${operation.operationId}"><span class="method">${method.toUpperCase()}</span> ${path}</a>
  </li>`;
}

function tagHtml(document: OpenApiDocument, name: string, description: string): Html {
  const title = name.charAt(0).toUpperCase() + name.slice(1);
  return markup`<section>
    <h2>${title}</h2>
    ${prose(description)}${operationsOf(document, name).map((entry) => operationHtml(document, entry))}
  </section>`;
}

function operationHtml(document: OpenApiDocument, { method, path, operation }: Entry): Html {
  const { operationId, summary, description = '', security, parameters, requestBody, responses } = operation;
  // What every route takes is said once, above.
  const own = parameters.filter((it): it is ParameterObject => 'in' in it);
  const answers = Object.entries(responses).map(([status, it]) =>
    responseHtml(status, resolve<ResponseObject>(document, it)),
  );
  return markup`<section id="${operationId}">
    <h3><span class="method">${method.toUpperCase()}</span> ${path}</h3>
    <p><strong>${inline(summary)}.</strong></p>
    ${description === '' ? null : prose(description)}
    <p>Access: ${accessHtml(security)}.</p>
    <pre><code>${curlOf(method, path, operation)}</code></pre>
    ${
      own.length > 0
        ? markup`<h4>Parameters</h4>
            <dl>${own.map(parameterHtml)}</dl>`
        : null
    }
    ${
      requestBody &&
      markup`<h4>Body</h4>
        ${prose(requestBody.description)}${contentHtml(requestBody.content)}`
    }
    <h4>Answers</h4>
    ${answers}
  </section>`;
}

function accessHtml(security: OperationObject['security']): readonly Html[] {
  if (security.length === 0) return [markup`anybody`];
  const ways = security.flatMap((it) => Object.entries(it));
  return ways.map(([scheme, scopes], index) => {
    const needed = scopes.map((scope) => markup` <code>${scope}</code>`);
    return markup`${index === 0 ? null : ', or '}<a href="#access-${scheme}">${scheme}</a>${needed}`;
  });
}

function parameterHtml({ name, in: where, required, description, schema }: ParameterObject): Html {
  const needed = required ? 'required' : 'optional';
  return markup`<dt><code>${name}</code> in ${where}, ${needed}</dt>
    <dd>
      ${prose(description)}
      <div>${schemaHtml(schema)}</div>
    </dd>`;
}

/** Successes are shown at once, errors when they are opened. */
function responseHtml(status: string, { description, headers = {}, content }: ResponseObject): Html {
  const names = Object.keys(headers).map(
    (name, index) => markup`${index === 0 ? null : ', '}<code>${name}</code>`,
  );
  const heads = names.length > 0 ? markup`<p>Headers: ${names}</p>` : null;
  if (status.startsWith('2')) {
    return markup`<h4>${status}</h4>
      ${prose(description)}${heads}${content && contentHtml(content)}`;
  }
  // An error has the same form everywhere; what has an example has another one, too.
  const codes = [...description.matchAll(/^`(\w+)`:/gm)].map(([, code]) => `\`${String(code)}\``).join(', ');
  const own = content?.['application/json']?.example === undefined ? null : contentHtml(content);
  return markup`<details>
    <summary>${status} ${inline(codes)}</summary>
    ${prose(description)}${heads}${own}
  </details>`;
}

function contentHtml(content: ContentObject): readonly Html[] {
  return Object.entries(content).map(([type, { schema, 'x-itemSchema': item, example }]) => {
    const shown = typeof example === 'string' ? example : JSON.stringify(example, null, 2);
    const each = item && markup`<div>Each of them: ${schemaHtml(item)}</div>`;
    const sample = example === undefined ? null : markup`<pre><code>${shown}</code></pre>`;
    return markup`<p><code>${type}</code></p>
      <div>${schemaHtml(schema)}</div>
      ${each}${sample}`;
  });
}

function schemeHtml([name, scheme]: readonly [string, { readonly description: string }]): Html {
  return markup`<dt id="access-${name}"><code>${name}</code></dt>
    <dd>${prose(scheme.description)}</dd>`;
}

/** What a reference names among the document's components. */
function resolve<Found extends object>({ components }: OpenApiDocument, given: Found | Reference): Found {
  if (!('$ref' in given) || typeof given.$ref !== 'string') return given as Found;
  const [, , kind = '', name = ''] = given.$ref.split('/');
  const byKind: Readonly<Record<string, Readonly<Record<string, object>>>> = components;
  return byKind[kind]?.[name] as Found;
}
