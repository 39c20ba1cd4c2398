import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Config } from '../../config';
import { listenFault } from '../../http/http-server';
import { hostInUrl } from '../../parse-url';
import { fault, type Finding, ok, unknown } from './finding';
import { type Probe, probeHerald, timeOf } from './probe';

/** Signatures are refused that are minutes off: those of pushes, and those of requests to DynamoDB. */
const MAX_SKEW_MS = 60_000;

/** What is known of the place where the server listens, or is to listen. */
export interface PortExamination {
  readonly finding: Finding;
  /** What answers there; null when nothing does. */
  readonly probe: Probe | null;
}

/** Whether the port is free, or a Herald answers there. */
export async function examinePort({ host, port }: Config): Promise<PortExamination> {
  const free = (message: string): PortExamination => ({ finding: ok('port', message), probe: null });
  if (port === 0) return free('the system chooses a free one (PORT=0)');
  const cause = await listenError(host, port);
  if (cause === null) return free(`${port} on ${host} is free`);
  const remedy = listenFault(cause, host, port);
  if ((cause as NodeJS.ErrnoException).code !== 'EADDRINUSE')
    return { finding: fault('port', remedy), probe: null };
  const probe = await probeHerald(`http://${reachable(host)}:${port}`);
  if (probe.kind === 'ready')
    return { finding: ok('port', `a Herald answers on ${host}:${port}, and is ready`), probe };
  if (probe.kind === 'not_ready') {
    const message = `A Herald answers on ${host}:${port}, but is not ready (${probe.message}): look into its log`;
    return { finding: fault('port', message), probe };
  }
  return { finding: fault('port', remedy), probe };
}

/**
 * Whether the address that subscribers are told leads to a Herald.
 *
 * @param isRunning whether there is one that could answer
 */
export async function checkPublicUrl({ publicUrl }: Config, isRunning: boolean): Promise<Finding> {
  if (publicUrl === undefined) return ok('address', 'PUBLIC_URL is not set: http://localhost and the port');
  const probe = await probeHerald(publicUrl);
  const to = `PUBLIC_URL ${publicUrl}`;
  if (probe.kind === 'ready' || probe.kind === 'not_ready') return ok('address', `${to} leads to a Herald`);
  if (!isRunning) return unknown('address', `${to} can be checked once the server runs`);
  if (probe.kind === 'stranger') {
    return fault(
      'address',
      `At ${to} something answers that is not Herald: set PUBLIC_URL, or the proxy in front of it`,
    );
  }
  return fault('address', `${to} cannot be reached (${probe.reason}): set PUBLIC_URL, or open the way to it`);
}

/** Compares the clock with DynamoDB's, where that is the store, else with the server's. */
export async function checkClock({ store }: Config, probe: Probe | null): Promise<Finding> {
  const endpoint = store.kind === 'dynamodb' ? endpointOf(store) : null;
  const ofStore = endpoint && (await timeOf(endpoint));
  // What is no Herald may stand on any clock.
  const other = ofStore ?? (probe?.kind === 'ready' || probe?.kind === 'not_ready' ? probe.date : null);
  if (!other) return unknown('clock', `${new Date().toISOString()}; there is nothing to compare it with`);
  return clockFinding(Date.now() - other.getTime(), ofStore ? 'DynamoDB' : 'the server');
}

/** @param aheadMs of the other clock; an answer's time has whole seconds only */
export function clockFinding(aheadMs: number, whose: string): Finding {
  const seconds = Math.round(aheadMs / 1000);
  if (Math.abs(aheadMs) <= MAX_SKEW_MS) return ok('clock', `agrees with that of ${whose}`);
  const difference = `${Math.abs(seconds)} s ${seconds > 0 ? 'ahead of' : 'behind'}`;
  return fault('clock', `The clock is ${difference} that of ${whose}: set it, and let NTP keep it`);
}

function endpointOf({
  endpoint,
  region,
}: {
  readonly endpoint?: string;
  readonly region?: string;
}): string | null {
  if (endpoint !== undefined) return endpoint;
  return region === undefined ? null : `https://dynamodb.${region}.amazonaws.com/`;
}

/** Null when it can be listened on. */
async function listenError(host: string, port: number): Promise<unknown> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
  } catch (error) {
    return error;
  }
  const closed = once(server, 'close');
  server.close();
  await closed;
  return null;
}

/** Where to ask a server that listens on all addresses. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return hostInUrl(host === '::' ? '::1' : host);
}
