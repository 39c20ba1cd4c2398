/**
 * What the program sets `UV_THREADPOOL_SIZE` to, unless that is set: names are resolved on these threads. More are little
 * dearer, some 10 KB of memory each.
 */
export const THREADS = '64';

/** Sets in `env`, the process's own, what Node.js and the AWS SDK read there, unless it is set. Too late once a thread was used. */
export function setProcessDefaults(env: NodeJS.ProcessEnv): void {
  env.UV_THREADPOOL_SIZE ??= THREADS;
  // Node 20 is supported here on purpose; this is the SDK's own switch for its advice to leave it.
  env.AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED ??= 'true';
}
