import { IncomingMessage, ServerResponse } from 'node:http';
import type { Express } from 'express';

/** The objects that Express makes the prototypes of every request and response; part of each application. */
interface Prototypes {
  request: object;
  response: object;
}

interface MessageClasses {
  readonly IncomingMessage: typeof IncomingMessage;
  readonly ServerResponse: typeof ServerResponse;
}

/**
 * Classes for an HTTP server whose requests and responses have the application's prototypes from the start. Express
 * otherwise gives them these when they arrive, and changing the prototype of an object makes all later work with it
 * slow: it costs more than everything else that Express does.
 */
export function messageClassesOf(app: Express): MessageClasses {
  class AppRequest extends IncomingMessage {}
  class AppResponse<Request extends IncomingMessage> extends ServerResponse<Request> {}
  const prototypes: Prototypes = app;
  Object.setPrototypeOf(AppRequest.prototype, prototypes.request);
  Object.setPrototypeOf(AppResponse.prototype, prototypes.response);
  prototypes.request = AppRequest.prototype;
  prototypes.response = AppResponse.prototype;
  return { IncomingMessage: AppRequest, ServerResponse: AppResponse };
}
