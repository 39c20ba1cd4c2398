import { once } from 'node:events';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { Child, type ChildOptions, script } from '../child';
import type { ProbeCommands } from '../server-probe';

const START_TIMEOUT_MS = 60_000;
const RETRY_MS = 3;

/** A server that is measured. */
export interface Subject {
  readonly name: string;
  readonly origin: string;
  readonly child: Child<ProbeCommands>;
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** Starts a server that listens on `PORT`. Resolves as soon as `request` is answered 2xx. */
export async function startSubject(
  name: string,
  { args, env }: ChildOptions,
  request: (origin: string) => Promise<Response> = (origin) => fetch(`${origin}/healthz`),
): Promise<Subject> {
  const port = await freePort();
  const child = new Child<ProbeCommands>({ args, env: { ...env, PORT: String(port) } });
  const origin = `http://127.0.0.1:${port}`;
  const deadline = performance.now() + START_TIMEOUT_MS;
  while (!(await isAnswered(request(origin)))) {
    if (!child.isRunning) throw new Error(`${name} ended instead of listening`);
    if (performance.now() > deadline) throw new Error(`${name} did not listen in time`);
    await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
  }
  return { name, origin, child };
}

async function isAnswered(answer: Promise<Response>): Promise<boolean> {
  try {
    const response = await answer;
    await response.arrayBuffer();
    return response.ok;
  } catch {
    return false;
  }
}

/** A bare `node:http` server with a pooled client and nothing else. */
export function startLimit(): Promise<Subject> {
  return startSubject('limit', { args: script('subjects/limit-server.ts') });
}

/** Express and axios with their defaults. */
export function startPlain(): Promise<Subject> {
  return startSubject('plain', { args: script('subjects/plain-server.ts') });
}

/** Subscribes URLs to a topic, one after the other. */
export async function subscribe(
  subject: Subject,
  topic: string,
  urls: readonly string[],
  headers: Readonly<Record<string, string>> = {},
): Promise<void> {
  for (const url of urls) {
    const response = await fetch(`${subject.origin}/subscribe/${topic}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...headers },
      body: JSON.stringify({ url }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${subject.name} refused a subscription: ${response.status} ${text}`);
  }
}
