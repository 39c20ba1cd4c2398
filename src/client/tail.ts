import { type CallOptions, type Connection, discard, readAs, unexpected } from './call';
import { HeraldRequestError } from './herald-request-error';
import { Retries, type RetryOptions } from './retry';
import { serverSentEvents } from './server-sent-events';
import type { TailEvent } from './tail-event';
import type { Outcome } from './types';

export interface TailOptions extends CallOptions, RetryOptions {
  /** A topic, or the beginning of topics and a `*`. */
  readonly topic?: string | undefined;
  readonly subscriber?: string | undefined;
  readonly outcome?: Outcome | undefined;
  /** Goes on behind this event, as far as the server still has what came after it. */
  readonly lastEventId?: string | undefined;
  /** Called whenever the stream has begun. */
  readonly onConnected?: (() => void) | undefined;
}

export async function* tail(connection: Connection, options: TailOptions): AsyncGenerator<TailEvent, void> {
  const { topic, subscriber, outcome, signal } = options;
  const retries = new Retries(options, signal);
  let lastEventId = options.lastEventId;
  for (;;) {
    try {
      const response = await connection.open({
        method: 'GET',
        path: '/tail',
        query: { topic, subscriber, outcome },
        headers: { accept: 'text/event-stream', 'last-event-id': lastEventId },
        signal,
      });
      const type = response.headers.get('content-type') ?? '';
      if (!/^text\/event-stream\b/i.test(type)) {
        await discard(response);
        throw unexpected(response.status);
      }
      options.onConnected?.();
      for await (const { id, name, data } of serverSentEvents(connection.bytes(response, signal))) {
        retries.succeeded();
        lastEventId = id ?? lastEventId;
        yield { id, name, data: readAs(data, {}, response.status) } as TailEvent;
      }
      throw new HeraldRequestError('Herald ended the stream', { status: 0, code: 'unreachable' });
    } catch (error) {
      await retries.after(error);
    }
  }
}
