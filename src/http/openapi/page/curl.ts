import type { OperationObject, ParameterObject } from '../document-types';

const ORIGIN = 'http://localhost:8000';

/** How to make a request with curl: its required parameters, and its first body. */
export function curlOf(method: string, path: string, operation: OperationObject): string {
  const parameters = operation.parameters.filter(
    (it): it is ParameterObject => 'in' in it && it.required === true,
  );
  const filled = path.replace(/\{(\w+)\}/g, (_all, name: string) => exampleOf(parameters, name));
  const query = parameters
    .filter((it) => it.in === 'query')
    .map(({ name }) => `${name}=${encodeURIComponent(exampleOf(parameters, name))}`)
    .join('&');
  const parts = ['curl', ...(method === 'get' ? [] : [`-X ${method.toUpperCase()}`])];
  if (operation.security.some(({ bearer }) => bearer)) parts.push('-H "Authorization: Bearer $TOKEN"');
  const [type, body] = Object.entries(operation.requestBody?.content ?? {})[0] ?? [];
  if (type !== undefined) parts.push(`-H "Content-Type: ${type}"`, `-d '${JSON.stringify(body?.example)}'`);
  parts.push(`'${ORIGIN}${filled}${query && `?${query}`}'`);
  return parts.join(' \\\n  ');
}

function exampleOf(parameters: readonly ParameterObject[], name: string): string {
  return String(parameters.find((it) => it.name === name)?.example);
}
