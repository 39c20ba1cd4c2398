import { createServer } from 'node:net';

/**
 * Below the ports that systems give to outgoing connections: there a connection to a closed port can meet itself, and
 * be open.
 */
const FIRST_PORT = 21_000;
const LAST_PORT = 32_000;

/** Origins where nothing listens, so that a connection is refused. */
export async function offlineOrigins(count: number): Promise<string[]> {
  const origins: string[] = [];
  for (let port = FIRST_PORT; origins.length < count && port < LAST_PORT; port++) {
    if (await isFree(port)) origins.push(`http://127.0.0.1:${port}`);
  }
  return origins;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
