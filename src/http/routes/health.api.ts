import { json, type Operation } from '../openapi/operation';
import { Alive, Page, Ready } from '../openapi/schemas/server';
import { Text } from '../openapi/schemas/words';

export const healthOperations: readonly Operation[] = [
  {
    method: 'get',
    path: '/',
    id: 'getIndex',
    tag: 'server',
    summary: 'Open the page, or list the routes',
    description: 'A browser gets the page, all others a text.',
    access: [],
    answers: {
      200: {
        description: 'What there is, for a person.',
        content: {
          'text/plain': { schema: Text, example: 'Herald: HTTP publish/subscribe\n' },
          'text/html': { schema: Page, example: '<!doctype html>' },
        },
      },
    },
  },
  {
    method: 'get',
    path: '/healthz',
    id: 'getHealth',
    tag: 'server',
    summary: 'Ask whether the server is alive',
    access: [],
    isAlwaysServed: true,
    answers: { 200: { description: 'It is.', content: json(Alive, { status: 'ok' }) } },
  },
  {
    method: 'get',
    path: '/readyz',
    id: 'getReadiness',
    tag: 'server',
    summary: 'Ask whether the server can serve',
    access: [],
    answers: { 200: { description: 'It can.', content: json(Ready, { status: 'ready' }) } },
    errors: ['store_unavailable', 'shutting_down'],
  },
];
