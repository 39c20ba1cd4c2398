/** A client for Herald: `import { HeraldClient } from 'herald/client'`. It needs nothing but `fetch`. */
export { HeraldClient, type HeraldClientOptions } from './herald-client';
export { type FieldFault, HeraldRequestError } from './herald-request-error';
export { JsonText, parseMessage } from './message-text';
export type { CallOptions } from './call';
export type { PageOptions, PolledMessage, PollOptions } from './poll';
export type { PublishOptions } from './publish-many';
export type { RetryOptions } from './retry';
export type { TailOptions } from './tail';
export type { TailEvent } from './tail-event';
export type * from './types';
export { InvalidWebhookError, verifyWebhook, type VerifyOptions, type WebhookHeaders } from '../verify';
