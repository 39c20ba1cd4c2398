import type { Operation } from '../openapi/operation';
import { OpenApi, Page } from '../openapi/schemas/server';

export const referenceOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/openapi.json',
    id: 'getOpenApi',
    tag: 'server',
    summary: 'Get this description',
    description: 'OpenAPI 3.1, for tools. It is the same for everybody.',
    access: [],
    answers: {
      200: {
        description: 'The description.',
        content: {
          'application/json': { schema: OpenApi, example: { openapi: '3.1.1', info: {}, paths: {} } },
        },
      },
    },
  },
  {
    method: 'get',
    path: '/docs',
    id: 'getReference',
    tag: 'server',
    summary: 'Read this description',
    description: 'The same for a person. It needs nothing from elsewhere, and runs no script.',
    access: [],
    answers: {
      200: {
        description: 'A page.',
        content: { 'text/html': { schema: Page, example: '<!doctype html>' } },
        headers: ['Content-Security-Policy'],
      },
    },
  },
];
