import { subscribe } from 'node:diagnostics_channel';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { SentAnswer } from './answer-faults';
import type { KeptOverFiles } from './environment';

const { answerFaults } = globalThis as unknown as KeptOverFiles;

/** The servers whose answers are checked, by their ports. */
const servers = new Map<number, CheckedServer>();
/** What was answered since that was last looked at: not checked at once, since that would hold up what is tested. */
let answers: (SentAnswer & CheckedServer)[] = [];

interface CheckedServer {
  /** Its store makes ids and timestamps up, which need not have the form of real ones. */
  readonly hasFakeIds?: boolean;
}

/**
 * Checks every answer that a server in this process gives from now on against the description of the interface. The test
 * in which one does not fit fails.
 *
 * @returns ends that; to be called once the server is closed, since another may get its port
 */
export function checkAnswersOf(port: number, server: CheckedServer = {}): () => void {
  servers.set(port, server);
  return () => void servers.delete(port);
}

interface Started {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
}

subscribe('http.server.request.start', (message) => {
  const { request, response } = message as Started;
  const server = servers.get(request.socket.localPort ?? 0);
  if (server) record(request, response, server);
});

function failOnFaults(): void {
  const found = new Set(answers.flatMap(faultsOf));
  answers = [];
  if (found.size > 0) throw new Error(`Answers differ from their description:\n${[...found].join('\n')}`);
}

afterEach(failOnFaults);
// What was answered after the last test, or so late that no test was told.
afterAll(failOnFaults);

function faultsOf({ hasFakeIds, ...answer }: SentAnswer & CheckedServer): readonly string[] {
  const found = answerFaults(answer);
  return hasFakeIds ? found.filter((fault) => !fault.includes('must match pattern')) : found;
}

/** Keeps what is written. */
function record(request: IncomingMessage, response: ServerResponse, server: CheckedServer): void {
  const { method = '', url = '' } = request;
  const chunks: Buffer[] = [];
  const write = response.write.bind(response) as (...all: unknown[]) => boolean;
  const end = response.end.bind(response) as (...all: unknown[]) => ServerResponse;
  response.write = (...all: unknown[]) => {
    keep(chunks, all);
    return write(...all);
  };
  response.end = (...all: unknown[]) => {
    keep(chunks, all);
    return end(...all);
  };
  response.once('close', () => {
    if (!response.headersSent) return;
    const { statusCode: status, writableFinished: isWhole } = response;
    const body = Buffer.concat(chunks).toString();
    const headers = headersOf(response);
    answers.push({ ...server, method, url, status, headers, body, isWhole });
  });
}

function keep(chunks: Buffer[], [chunk, encoding]: readonly unknown[]): void {
  if (typeof chunk === 'string') {
    chunks.push(Buffer.from(chunk, typeof encoding === 'string' ? (encoding as BufferEncoding) : 'utf8'));
  } else if (chunk instanceof Uint8Array) chunks.push(Buffer.from(chunk));
}

/** Those that were sent; those given to `writeHead` alone stand only in what was written. */
function headersOf(response: ServerResponse): ReadonlyMap<string, string> {
  const { _header: head } = response as unknown as { readonly _header?: string | null };
  const lines = (head ?? '').split('\r\n').slice(1);
  return new Map(
    lines.map((line): [string, string] => {
      const colon = line.indexOf(': ');
      return [line.slice(0, colon).toLowerCase(), line.slice(colon + 2)];
    }),
  );
}
