/** The layers of docs/architecture.md: imports go down only. */
const BROKER = '^src/broker/';
const DELIVERY = '^src/delivery/';
const STORE = '^src/store/';
const HTTP = '^src/http/';
const METRICS = '^src/metrics/';

module.exports = {
  forbidden: [
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    { name: 'no-orphans', severity: 'error', from: { orphan: true, path: '^src' }, to: {} },
    {
      name: 'broker-knows-no-http-and-no-backend',
      severity: 'error',
      from: { path: BROKER },
      to: {
        path: '^src/(http|metrics|store/(sqlite|dynamodb)|service|main|config)|node_modules/(express|axios|undici|@aws-sdk)',
      },
    },
    {
      name: 'delivery-and-store-know-nothing-above',
      severity: 'error',
      from: { path: [DELIVERY, STORE] },
      to: { path: '^src/(http/|broker/|metrics/|service|main)' },
    },
    { name: 'delivery-knows-no-store', severity: 'error', from: { path: DELIVERY }, to: { path: STORE } },
    { name: 'store-knows-no-delivery', severity: 'error', from: { path: STORE }, to: { path: DELIVERY } },
    {
      name: 'http-reaches-stores-through-the-broker',
      severity: 'error',
      from: { path: HTTP },
      to: { path: '^src/(store/|delivery/|service|main)' },
    },
    {
      name: 'metrics-know-nothing-above',
      severity: 'error',
      from: { path: METRICS },
      to: { path: '^src/(http/|service|composition/|main|config)' },
    },
    {
      name: 'prom-client-in-metrics-only',
      severity: 'error',
      from: { path: '^src', pathNot: METRICS },
      to: { path: 'node_modules/prom-client' },
    },
    {
      name: 'prom-client-is-loaded-at-the-first-scrape',
      severity: 'error',
      from: {
        path: '^src',
        pathNot: '^src/metrics/(exposition|definitions|metric-set|counted-histogram)\\.ts$',
      },
      to: {
        path: '^src/metrics/(exposition|definitions|metric-set|counted-histogram)\\.ts$',
        dependencyTypesNot: ['type-only', 'dynamic-import'],
      },
    },
    {
      name: 'express-in-http-only',
      severity: 'error',
      from: { path: '^src', pathNot: HTTP },
      to: { path: 'node_modules/express' },
    },
    {
      name: 'axios-in-one-file',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/delivery/axios-push-client\\.ts$' },
      to: { path: 'node_modules/axios/' },
    },
    {
      name: 'aws-in-its-store-only',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/store/dynamodb' },
      to: { path: 'node_modules/@aws-sdk' },
    },
    {
      name: 'only-open-stores-and-examine-store-pick-a-backend',
      severity: 'error',
      from: { path: '^src', pathNot: '^src/store/((open-stores|examine-store)\\.ts|sqlite|dynamodb)' },
      to: { path: '^src/store/(sqlite|dynamodb)' },
    },
    {
      name: 'nothing-imports-cli',
      severity: 'error',
      from: { pathNot: '^src/cli/' },
      to: { path: '^src/cli/' },
    },
    {
      name: 'client-needs-nothing-but-verify',
      severity: 'error',
      from: { path: '^src/client/' },
      to: { path: '^src/', pathNot: '^src/(client/|(verify|parse-url)\\.ts$)' },
    },
    {
      name: 'cli-knows-the-server-through-its-client',
      severity: 'error',
      from: { path: '^src/cli/', pathNot: '^src/cli/(commands/serve\\.ts$|doctor/)' },
      to: {
        path: '^src/',
        pathNot:
          '^src/(cli/|client/|(verify|version|parse-url|printable|process-defaults)\\.ts$|delivery/signature\\.ts$)',
      },
    },
    {
      name: 'cli-starts-without-zod',
      comment: 'It takes longer to load than all that most commands need.',
      severity: 'error',
      from: { path: '^src/(cli/|client/|version\\.ts$)' },
      to: { path: 'node_modules/zod' },
    },
    {
      name: 'the-foundation-imports-nothing-of-ours',
      severity: 'error',
      from: { path: '^src/(model|clock)\\.ts$' },
      to: { path: '^src' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    exclude: { path: '^(dist|test)' },
  },
};
