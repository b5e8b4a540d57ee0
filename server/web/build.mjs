// Builds the server's own UI into server/dist/web: index.html, and below assets/ what never changes under its name.
// Run by node_modules/.bin/node from anywhere; --watch builds again on change.
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { build, context } from 'esbuild';

const here = fileURLToPath(new URL('.', import.meta.url));
const outdir = fileURLToPath(new URL('../dist/web', import.meta.url));
const require = createRequire(import.meta.url);

/** JupyterLab's own variables, both themes in one sheet: the dark ones apply where the page says so, as JupyterLab does on its body. */
const themes = {
  name: 'jupyterlab-themes',
  /** @param {import('esbuild').PluginBuild} bundler */
  setup(bundler) {
    bundler.onResolve({ filter: /^jupyterlab-themes\.css$/ }, ({ path }) => ({ path, namespace: 'themes' }));
    bundler.onLoad({ filter: /.*/, namespace: 'themes' }, async () => {
      const read = (/** @type {string} */ theme) =>
        readFile(require.resolve(`@jupyterlab/theme-${theme}-extension/style/variables.css`), 'utf8');
      const [light, dark] = [await read('light'), await read('dark')];
      const scoped = dark.replace(/:root\b/g, ":root:has(body[data-jp-theme-light='false'])");
      return { contents: `${light}\n${scoped}`, loader: 'css', resolveDir: here };
    });
  },
};

/** @type {import('esbuild').Plugin} */
const page = {
  name: 'index-html',
  setup(bundler) {
    bundler.onEnd(async ({ metafile, errors }) => {
      if (!metafile || errors.length > 0) return;
      const outputs = Object.entries(metafile.outputs);
      const scriptOf = (/** @type {string} */ source) => {
        const found = outputs.find(([, output]) => output.entryPoint?.endsWith(source));
        if (!found) throw new Error(`esbuild wrote no script of ${source}`);
        return found;
      };
      const [script, { cssBundle }] = scriptOf('index.tsx');
      // In this order: what early.ts asks for is on its way while the other one is read.
      const scripts = [scriptOf('app/early.ts')[0], script];
      // A browser learns what a script imports when it has read it: named here, all of them come at once.
      const imported = staticImports(metafile.outputs, scripts).map(
        (path) => `<link rel="modulepreload" href="assets/${basename(path)}" />`,
      );
      const style = cssBundle ? [`<link rel="stylesheet" href="assets/${basename(cssBundle)}" />`] : [];
      const template = await readFile(`${here}index.html`, 'utf8');
      const html = template
        .replace('<!-- style -->', [...style, ...imported].join('\n    '))
        .replace('<!-- script -->', scripts.map((path) => `<script type="module" src="assets/${basename(path)}"></script>`).join('\n    '));
      await writeFile(`${outdir}/index.html`, html);
      const sizes = await Promise.all(
        outputs
          .filter(([path]) => !path.endsWith('.map'))
          .map(async ([path, { bytes }]) => {
            const zipped = gzipSync(await readFile(`${outdir}/assets/${basename(path)}`)).length;
            return `${basename(path)} ${Math.round(bytes / 1000)} kB (${Math.round(zipped / 1000)} kB gzip)`;
          }),
      );
      process.stderr.write(`server UI: ${sizes.join(', ')}\n`);
    });
  },
};

/** @param {import('esbuild').Metafile['outputs']} outputs @param {string[]} scripts @returns {string[]} what is loaded with them */
function staticImports(outputs, scripts) {
  const found = new Set(scripts);
  for (const path of found)
    for (const { path: next, kind } of outputs[path]?.imports ?? []) if (kind === 'import-statement') found.add(next);
  return [...found].filter((path) => !scripts.includes(path));
}

/** @type {import('esbuild').BuildOptions} */
const options = {
  absWorkingDir: here,
  entryPoints: ['app/early.ts', 'index.tsx'],
  outdir: `${outdir}/assets`,
  entryNames: '[name]-[hash]', // both lie in one folder, as the page names them
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  bundle: true,
  splitting: true,
  format: 'esm',
  target: ['chrome115', 'firefox121', 'safari17'],
  jsx: 'automatic',
  minify: true,
  sourcemap: 'linked',
  sourcesContent: false,
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.svg': 'text' },
  metafile: true,
  logLevel: 'warning',
  plugins: [themes, page],
};

await rm(outdir, { recursive: true, force: true });
await mkdir(outdir, { recursive: true });
if (process.argv.includes('--watch')) await (await context(options)).watch();
else await build(options);
