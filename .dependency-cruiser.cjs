// The directions of dependence between the parts of Cellkeep; `npm run check` holds them, server/start/direction.test.ts proves each
// rule with a planted violation.
//
//   schema ← core ← rooms ← main.ts          contracts ← server/web ← extension

/** Rooms along the data's path: a room may use those before it, and hears of those after it by events. */
const PATH = ['collection', 'processing', 'features', 'labeling', 'design', 'tracking', 'training', 'registry', 'deployment', 'monitoring'];
/** Rooms across the path, which any room may use. */
const ACROSS = ['access', 'governance', 'collaboration'];
/** Closes the loop: may use every room, and none uses it. */
const LOOP = ['pipelines'];
const rooms = [...PATH, ...ACROSS, ...LOOP].join('|');

const TABLES = '^schema/src/.*\\btables[^/]*\\.ts$';
const TEST_FILES = '\\.test\\.tsx?$';

const onlyUpstream = PATH.slice(0, -1).map((room, place) => ({
  name: `${room}-only-upstream`,
  severity: 'error',
  comment: 'A room uses another only upstream on the data path; downstream hears an event.',
  from: { path: `^server/src/${room}/`, pathNot: TEST_FILES },
  to: { path: `^server/src/(${PATH.slice(place + 1).join('|')})/` },
}));

/** @type {import('dependency-cruiser').IConfiguration} */
module.exports = {
  forbidden: [
    {
      name: 'schema-imports-nothing-of-ours',
      severity: 'error',
      comment: 'The contract stands on its own: every other part imports it.',
      from: { path: '^schema/' },
      to: { path: '^(server|extension|test|kernel-bridge)/' },
    },
    {
      name: 'contracts-never-import-tables',
      severity: 'error',
      comment: 'Tables take their words from the contract, never the other way round.',
      from: { path: '^schema/src/', pathNot: [TABLES, TEST_FILES] },
      to: { path: TABLES },
    },
    {
      name: 'core-imports-no-room',
      severity: 'error',
      comment: 'schema ← core ← rooms.',
      from: { path: '^server/src/core/', pathNot: TEST_FILES },
      to: { path: `^server/src/(${rooms}|http|main\\.ts)` },
    },
    {
      name: 'rooms-never-import-main',
      severity: 'error',
      comment: 'rooms ← main.ts: main builds the rooms and hands them what they need.',
      from: { path: `^server/src/(${rooms})/`, pathNot: TEST_FILES },
      to: { path: '^server/src/(main\\.ts$|http/)' },
    },
    {
      name: 'rooms-only-through-index',
      severity: 'error',
      comment: 'A room uses another only through its index.ts.',
      from: { path: `^server/src/(${rooms})/`, pathNot: TEST_FILES },
      to: { path: `^server/src/(${rooms})/`, pathNot: ['^server/src/$1/', '^server/src/[^/]+/index\\.ts$'] },
    },
    ...onlyUpstream,
    {
      name: 'across-imports-no-room',
      severity: 'error',
      comment: 'What every room may use can use none of them.',
      from: { path: `^server/src/(${ACROSS.join('|')})/`, pathNot: TEST_FILES },
      to: { path: `^server/src/(${[...PATH, ...LOOP].join('|')})/` },
    },
    {
      name: 'rooms-never-import-pipelines',
      severity: 'error',
      comment: 'The loop closes in pipelines: it uses the rooms.',
      from: { path: `^server/src/(${PATH.join('|')})/` },
      to: { path: `^server/src/(${LOOP.join('|')})/` },
    },
    {
      name: 'nothing-imports-adapters',
      severity: 'error',
      comment: 'cli and mlflow adapt the rooms to the outside; nothing depends on them.',
      from: { path: '^(schema|server|extension)/', pathNot: ['^server/src/(cli|mlflow)/', '^server/src/main\\.ts$', TEST_FILES] },
      to: { path: '^server/src/(cli|mlflow)/' },
    },
    {
      name: 'main-imports-no-cli',
      severity: 'error',
      comment: 'main builds the protocol adapter as it builds the rooms; the command line starts main.',
      from: { path: '^server/src/main\\.ts$' },
      to: { path: '^server/src/cli/' },
    },
    {
      name: 'web-imports-only-contracts',
      severity: 'error',
      comment: 'contracts ← server/web: views know the server by its contract alone.',
      from: { path: '^server/web/' },
      to: { path: '^(server/src|extension|test)/' },
    },
    {
      name: 'extension-imports-only-views-and-contracts',
      severity: 'error',
      comment: 'server/web ← extension.',
      from: { path: '^extension/' },
      to: { path: '^(server/src|test)/' },
    },
    {
      name: 'server-imports-no-views',
      severity: 'error',
      comment: 'The server hands out built views as files; it never imports them.',
      from: { path: '^server/src/' },
      to: { path: '^(server/web|extension)/' },
    },
    {
      name: 'tables-never-reach-browsers',
      severity: 'error',
      comment: 'Neither directly nor through anything: package exports keep tables out of browsers.',
      from: { path: '^(server/web|extension)/' },
      to: { path: TABLES, reachable: true },
    },
    {
      name: 'no-circles',
      severity: 'error',
      comment: 'Two files that import each other are one file, or miss a third.',
      from: { pathNot: '^node_modules/' },
      to: { circular: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    exclude: { path: '(^|/)(node_modules|dist|lib|labextension)/' },
    tsPreCompilationDeps: true, // an import of types alone counts too
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'types', 'default'],
      extensions: ['.ts', '.tsx', '.mjs', '.js'],
    },
    moduleSystems: ['es6'],
  },
};
