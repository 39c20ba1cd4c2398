import type { Config } from 'jest';

// As the server has it, and handed on to the workers: a name that no resolver answers for holds up no other.
process.env.UV_THREADPOOL_SIZE ??= '64';

const config: Config = {
  testEnvironment: '<rootDir>/test/support/environment.ts',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  transform: { '^.+\\.ts$': '@swc/jest' },
  moduleNameMapper: {
    // A dynamic import needs the name that the file has once compiled.
    '^(\\.{1,2}/.*)\\.js$': '$1',
    '^node:async_hooks$': '<rootDir>/test/support/test-under-way.cjs',
    // What zod can say in sixty languages, of which every test file would load all.
    '^\\.\\./locales/index\\.cjs$': '<rootDir>/node_modules/zod/v4/locales/en.cjs',
  },
  // The store's worker thread and the end-to-end tests run the compiled program.
  globalSetup: '<rootDir>/test/support/build-program.ts',
  setupFilesAfterEnv: ['<rootDir>/test/support/end-shared-thread.ts'],
  testSequencer: '<rootDir>/test/support/slow-folders-first.cjs',
  // The last one writes the last line of a run.
  reporters: ['default', '<rootDir>/test/support/summary-reporter.cjs'],
  testTimeout: 60_000,
  // More than there are cores on a small machine: tests wait for disks, timers and other processes, too.
  maxWorkers: 3,
};

// Not `export default`: newer versions of Node load this file by themselves, and take it for CommonJS.
module.exports = config;
