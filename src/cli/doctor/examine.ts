import { systemClock } from '../../clock';
import { type Config, loadConfig } from '../../config';
import { StartupError } from '../../errors';
import { examineStore } from '../../store/examine-store';
import { fault, faultOf, type Finding, ok, unknown } from './finding';
import { checkClock, checkPublicUrl, examinePort } from './network-checks';

const MIN_NODE = { major: 20, minor: 19 };

/** What needs a configuration. */
const CHECKS = ['store', 'port', 'address', 'clock'];

/** Checks all that a server needs to start and to work, in the order in which it needs it. */
export async function examine(
  env: Readonly<Record<string, string | undefined>>,
  nodeVersion: string,
): Promise<readonly Finding[]> {
  const node = checkNode(nodeVersion);
  let config: Config;
  try {
    config = loadConfig(env);
  } catch (error) {
    const left = CHECKS.map((check) => unknown(check, 'can be checked once the configuration is valid'));
    return [node, ...configurationFaults(error), ...left];
  }
  const { probe, finding: port } = await examinePort(config);
  const isRunning = probe?.kind === 'ready' || probe?.kind === 'not_ready';
  return [
    node,
    await checkConfiguration(config),
    await checkStore(config, isRunning),
    port,
    await checkPublicUrl(config, isRunning),
    await checkClock(config, probe),
  ];
}

/** @param version as `process.versions.node` has it */
export function checkNode(version: string): Finding {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const isEnough = major > MIN_NODE.major || (major === MIN_NODE.major && minor >= MIN_NODE.minor);
  if (isEnough) return ok('node', `Node.js ${version}`);
  const needed = `${MIN_NODE.major}.${MIN_NODE.minor}`;
  return fault('node', `This is Node.js ${version}: install ${needed} or newer (https://nodejs.org)`);
}

/** One for each line that names a variable. @throws what is no fault of the configuration */
function configurationFaults(error: unknown): readonly Finding[] {
  if (!(error instanceof StartupError)) throw error;
  const [head = '', ...faults] = error.message.split('\n').map((line) => line.trim());
  const lines = faults.length > 0 ? faults : [head];
  return lines.map((line) => fault('configuration', line));
}

/** All variables are right; so is the file that one of them may name. */
async function checkConfiguration({ store, security: { auth } }: Config): Promise<Finding> {
  if (auth.kind === 'none') return ok('configuration', `${store.kind} store; requests are not authenticated`);
  const { JwtVerifier } = await import('../../http/auth/jwt-verifier.js');
  try {
    await new JwtVerifier({ config: auth, clock: systemClock }).start();
    return ok('configuration', `${store.kind} store; tokens are asked for`);
  } catch (error) {
    return faultOf('configuration', error);
  }
}

async function checkStore({ store }: Config, isRunning: boolean): Promise<Finding> {
  try {
    const { isInUse, message } = await examineStore(store);
    if (!isInUse) return ok('store', message);
    if (isRunning) return ok('store', `${message} by a process, as it should be while a Herald answers`);
    return fault(
      'store',
      `${message} by another process, but no Herald answers: stop it, or choose another DATA_DIR`,
    );
  } catch (error) {
    return faultOf('store', error);
  }
}
