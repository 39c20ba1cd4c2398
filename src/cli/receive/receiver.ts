import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { InvalidWebhookError, type Message, parseMessage, verifyWebhook } from '../../client';
import { hostInUrl } from '../../parse-url';
import { CliError } from '../io';
import type { Script, Step } from './script';

/** One push, as it came and was answered. */
export interface Seen {
  readonly at: Date;
  readonly method: string;
  readonly path: string;
  /** Null when the body is no message. */
  readonly message: Message | null;
  readonly body: string;
  /** From 1: how often a message with this id came; null when the body is no message. */
  readonly attempt: number | null;
  /** `valid`, or what is wrong with it; null when there is no secret to verify it with. */
  readonly signature: string | null;
  /** How it was answered. */
  readonly answer: string;
}

export interface ReceiverOptions {
  readonly host: string;
  readonly port: number;
  readonly script: Script;
  /** `whsec_…`: a push whose signature does not fit is answered 401. */
  readonly secret: string | undefined;
  readonly onSeen: (seen: Seen) => Promise<void>;
}

/** Ids whose attempts are counted. */
const MAX_IDS = 10_000;

/** An endpoint that answers pushes as a script says, and consents to whoever asks. */
export class ScriptedReceiver {
  /** Settles only when something fails that is no request's fault: the output is closed. */
  readonly failed: Promise<never>;
  #fail: (error: unknown) => void = () => undefined;
  readonly #attempts = new Map<string, number>();
  readonly #server = createServer((request, response) => {
    this.#serve(request, response).catch((error: unknown) => {
      // A sender that hangs up in the middle is nothing to stop for.
      if (!request.destroyed || request.complete) this.#fail(error);
    });
  });

  constructor(private readonly options: ReceiverOptions) {
    this.failed = new Promise((_resolve, reject) => (this.#fail = reject));
    this.failed.catch(() => undefined);
  }

  /**
   * Listens.
   *
   * @returns its URL
   * @throws CliError when the address cannot be used
   */
  async start(): Promise<string> {
    const { host, port } = this.options;
    try {
      this.#server.listen(port, host);
      await once(this.#server, 'listening');
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new CliError(`It cannot listen there (${reason}); choose another --port or --host`, {
        cause: error,
      });
    }
    const { port: actual } = this.#server.address() as AddressInfo;
    return `http://${hostInUrl(host)}:${actual}/`;
  }

  /** Cuts what is under way, and stops listening. */
  async stop(): Promise<void> {
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method = '', url: path = '' } = request;
    const body = await buffer(request);
    const seen = { at: new Date(), method, path, message: null, body: '', attempt: null, signature: null };
    if (method !== 'POST') {
      await this.options.onSeen({ ...seen, answer: answerOther(request, response) });
      return;
    }
    const signature = this.#verify(request, body);
    const step = signature === null || signature === 'valid' ? this.options.script.next() : null;
    const message = messageOf(body.toString());
    const attempt = message && this.#count(message.id);
    const answer = step?.label ?? '401';
    await this.options.onSeen({ ...seen, message, body: body.toString(), attempt, signature, answer });
    if (step) await perform(step, response);
    else response.writeHead(401).end();
  }

  #verify({ headers }: IncomingMessage, body: Buffer): string | null {
    const { secret } = this.options;
    if (secret === undefined) return null;
    try {
      verifyWebhook(headers, body, secret);
      return 'valid';
    } catch (error) {
      if (error instanceof InvalidWebhookError) return error.message;
      throw error;
    }
  }

  #count(id: string): number {
    const count = (this.#attempts.get(id) ?? 0) + 1;
    const [oldest] = this.#attempts.keys();
    if (oldest !== undefined && this.#attempts.size >= MAX_IDS && count === 1) this.#attempts.delete(oldest);
    this.#attempts.set(id, count);
    return count;
  }
}

/** Consents to whoever asks (CloudEvents webhooks, abuse protection), and takes nothing else. */
function answerOther({ method, headers }: IncomingMessage, response: ServerResponse): string {
  const origin = headers['webhook-request-origin'];
  const allow = { Allow: 'OPTIONS, POST' };
  if (method !== 'OPTIONS') {
    response.writeHead(405, allow).end();
    return '405';
  }
  if (typeof origin !== 'string') {
    response.writeHead(200, allow).end();
    return '200';
  }
  response.writeHead(200, { ...allow, 'WebHook-Allowed-Origin': origin, 'WebHook-Allowed-Rate': '*' }).end();
  return `200, consent to ${origin}`;
}

async function perform(step: Step, response: ServerResponse): Promise<void> {
  if (step.kind === 'hang') return;
  if (step.kind === 'reset') {
    response.socket?.resetAndDestroy();
    return;
  }
  if (step.delayMs > 0) await new Promise((resolve) => setTimeout(resolve, step.delayMs).unref());
  response.writeHead(step.status, step.headers).end(Buffer.alloc(step.bodyBytes, 'a'));
}

function messageOf(body: string): Message | null {
  try {
    const message = parseMessage(body);
    const { id, topic }: Record<'id' | 'topic', unknown> = message;
    return typeof id === 'string' && typeof topic === 'string' ? message : null;
  } catch {
    return null;
  }
}
