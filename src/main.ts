import { loadConfig } from './config';
import { StartupError } from './errors';
import { createLogger } from './logger';
import type { Logger } from './logger';
import type { Service } from './service';
import { setProcessDefaults } from './process-defaults';
import { openBackend } from './store/open-stores';

const SIGNALS: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM'];

setProcessDefaults(process.env);

async function main(): Promise<void> {
  const config = loadConfig(process.env);
  const { level, format } = config.log;
  const pretty = format === undefined ? process.stdout.isTTY : format === 'pretty';
  // Loaded only where a person reads it: a program at rest is the smaller for it.
  const output = pretty ? (await import('./pretty-output.js')).prettyOutput() : undefined;
  const log = createLogger({ level, ...(output && { destination: output }) });
  // It opens on a thread of its own, while this one loads the rest of the program.
  const backend = openBackend(config);
  // Its failure is met where it is waited for, which may be later than it happens.
  backend.catch(() => undefined);
  const { startService } = await import('./service.js');
  const service = await startService(config, { log, backend });
  for (const signal of SIGNALS) process.once(signal, () => void stop(service, signal, log));
}

async function stop(service: Service, signal: NodeJS.Signals, log: Logger): Promise<void> {
  // A second signal finds no handler and ends the process at once.
  for (const name of SIGNALS) process.removeAllListeners(name);
  log.info({ signal }, 'service.stopping');
  try {
    await service.stop();
    log.info('service.stopped');
  } catch (error) {
    log.error({ err: error }, 'service.stop_failed');
    process.exitCode = 1;
  }
  log.flush(() => process.exit());
}

main().catch((error: unknown) => {
  // An operator's mistake needs its remedy, not a stack; anything else is a bug, and needs the stack.
  process.stderr.write(
    `${error instanceof StartupError ? error.message : String(error instanceof Error ? error.stack : error)}\n`,
  );
  process.exit(1);
});
