import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import type { IRouter, Request, RequestHandler, Response } from 'express';
import type { Backlog } from '../../broker/backlog';
import type { BuiltInSubscriber } from '../../broker/built-in-subscriber';
import type { Clock } from '../../clock';
import { HeraldError } from '../../errors';
import type { EventBus } from '../../events';
import type { Logger } from '../../logger';
import type { PendingMessage } from '../../model';
import { printable } from '../../printable';
import { formatTime } from '../../timestamp';
import { audit } from '../audit';
import { checkAdmin, checkScope } from '../auth/authenticate';
import { onDisconnect } from '../disconnect';
import { defineRoute } from '../define-route';
import { jsonBodyReader } from '../json-body';
import { messageText } from '../message-text';

const MAX_POLLED_MESSAGES = 1000;
/**
 * How long a poll's answer may be stuck because its reader takes nothing, up to twice over, since what is in the
 * connection's buffers counts as taken; other polls wait meanwhile.
 */
const STUCK_MS = 20_000;
/** What an envelope adds to the publisher's data: id, topic, timestamp and their names. */
const ENVELOPE_BYTES = 1024;
const ENVELOPE = /^\{"id":"[^"]*","topic":"([^"]*)","timestamp":"[^"]*","data":([\s\S]*)\}$/;

export interface EventRoutesDeps {
  readonly backlog: Backlog;
  readonly builtIn: BuiltInSubscriber;
  readonly maxMessageBytes: number;
  /** Finds out who polls; whoever pushes shows it by the signature. */
  readonly identify: RequestHandler;
  /** Checks the signature of a push; does nothing where requests are not authenticated. */
  readonly checkPush: (req: Request, text: string) => void;
  readonly events: EventBus;
  readonly clock: Clock;
  readonly log: Logger;
  /** Instead of 20 s: how long the reader of a poll's answer may take nothing of it, in milliseconds. */
  readonly stuckMs?: number;
}

/** The built-in subscriber: it receives pushes, polls its own backlog, and can be taken offline and back. */
export function eventRoutes(
  router: IRouter,
  {
    backlog,
    builtIn,
    maxMessageBytes,
    identify,
    checkPush,
    events,
    clock,
    log,
    stuckMs = STUCK_MS,
  }: EventRoutesDeps,
): void {
  const readBody = jsonBodyReader(maxMessageBytes + ENVELOPE_BYTES);
  const toggle = (req: Request, res: Response) => {
    checkAdmin(req, res);
    const accepting = req.method === 'HEAD' ? builtIn.accepting : builtIn.toggle();
    if (req.method !== 'HEAD') {
      audit(log, req, 'audit.event_toggled', { accepting });
      if (events.hasListeners) events.emit('event.toggled', { accepting, at: formatTime(clock.now()) });
    }
    res.json({ message: `POST /event is now ${accepting ? 'on' : 'off: it answers 503'}`, accepting });
  };

  defineRoute(router, '/event', {
    GET: [
      identify,
      async (req, res) => {
        checkScope(req, res, 'poll', String(builtIn.urls[0]));
        // Whoever asks for the head alone gets no messages, and so has not received any.
        if (req.method === 'HEAD') {
          res.type('json').end();
          return;
        }
        await whileConnected(
          req,
          (gone) =>
            backlog.take(builtIn.urls, MAX_POLLED_MESSAGES, (messages) =>
              writeMessages(res, messages, { gone, stuckMs }),
            ),
          () => log.info({ subscriber: builtIn.urls[0] }, 'event.poll_aborted'),
        );
      },
    ],
    OPTIONS: (req, res) => grantOrigin(req, res),
    POST: async (req, res) => {
      if (!builtIn.accepting) {
        throw new HeraldError('event_toggled_off', 'POST /event is off; GET /toggle_post_event turns it on');
      }
      const { text } = await readBody(req, res);
      checkPush(req, text);
      const [, topic, data = text] = ENVELOPE.exec(text) ?? [];
      // The one place where a message's data is printed: showing it is what this subscriber is for.
      log.info({ topic, data }, `event.received ${topic ?? ''} ${printed(data)}`);
      if (events.hasListeners) {
        events.emit('event.received', { topic: topic ?? '', data, at: formatTime(clock.now()) });
      }
      res.json({ message: 'Event received' });
    },
  });
  defineRoute(router, '/toggle_post_event', { GET: [identify, toggle], POST: [identify, toggle] });
}

/** On one line, and with nothing in it that steers a terminal. */
function printed(json: string): string {
  return printable(json.replace(/[\r\n\t]+/g, ' '));
}

/** Consents to pushes from whoever asks (CloudEvents HTTP webhook, section 4). */
function grantOrigin(req: Request, res: Response): void {
  const origin = req.get('webhook-request-origin');
  if (origin !== undefined) res.set({ 'WebHook-Allowed-Origin': origin, 'WebHook-Allowed-Rate': '*' });
  res.set('Allow', 'GET, HEAD, POST, OPTIONS').status(204).end();
}

/** The client was gone before all of the answer was written to it. */
class ClientLeftError extends Error {
  override readonly name = 'ClientLeftError';
}

/** Runs `task` with a signal that aborts when the request's connection closes; `onGone` is told of a ClientLeftError. */
async function whileConnected(
  req: Request,
  task: (gone: AbortSignal) => Promise<unknown>,
  onGone: () => void,
): Promise<void> {
  const closed = new AbortController();
  const stopListening = onDisconnect(req, () => closed.abort());
  try {
    await task(closed.signal);
  } catch (error) {
    if (!(error instanceof ClientLeftError)) throw error;
    onGone();
  } finally {
    stopListening();
  }
}

/**
 * Streams the answer, and resolves once all of it was handed to the connection. The first message is read before
 * anything is sent, so that a store that fails is still answered properly.
 *
 * @throws ClientLeftError when the client left before, and whatever reading the messages throws
 */
async function writeMessages(
  res: Response,
  messages: AsyncGenerator<PendingMessage, boolean>,
  { gone, stuckMs }: { readonly gone: AbortSignal; readonly stuckMs: number },
): Promise<void> {
  const first = await messages.next();
  res.type('json');
  const { socket } = res.req;
  const { timeout = 0 } = socket;
  // The server destroys a connection on which nothing has moved for so long.
  socket.setTimeout(stuckMs);
  // A response says `finish` also when its connection broke. Asked first of all listeners, since another one closes
  // the connection when the client wanted that.
  const isWritten = new Promise<boolean>((resolve) => {
    res.prependOnceListener('finish', () => resolve(!res.req.socket.destroyed));
  });
  // That closes the connection, too, and must not be taken for a client that left.
  const faults: Error[] = [];
  const text = answerText(first, messages, (error) => faults.push(error));
  const sent = pipeline(text, res, { signal: gone }).then(() => isWritten);
  const left = gone.aborted ? Promise.resolve() : once(gone, 'abort');
  const isAllWritten = await Promise.race([sent, left.then(() => false)]).catch((error: unknown) => {
    if (!socket.destroyed) throw error;
    return false;
  });
  // Once it is written, the server has set how long the connection may be idle.
  if (!res.writableFinished) socket.setTimeout(timeout);
  const [fault] = faults;
  if (fault) throw fault;
  if (!isAllWritten) throw new ClientLeftError('The client left before all of the answer was written');
}

/** @param onFault is told what reading the messages throws */
async function* answerText(
  first: IteratorResult<PendingMessage, boolean>,
  messages: AsyncGenerator<PendingMessage, boolean>,
  onFault: (error: Error) => void,
): AsyncGenerator<string> {
  const read = () =>
    messages.next().catch((error: unknown) => {
      onFault(error instanceof Error ? error : new Error(String(error)));
      throw error;
    });
  let count = 0;
  let next = first;
  yield '{"messages":[';
  for (; !next.done; next = await read()) {
    yield `${count === 0 ? '' : ','}${messageText(next.value)}`;
    count += 1;
  }
  const message = count === 1 ? '1 message was waiting' : `${count || 'No'} messages were waiting`;
  yield `],"hasMore":${next.value},"message":"${message}"}`;
}
