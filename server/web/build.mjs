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

/**
 * What every page needs is one file. esbuild puts code into one file for each set of entry points that need it: 42 files, which cost a
 * browser 40 ms before the first line ran. So whatever is loaded later is said to need the page's own code too, which it always finds there.
 */
const later = {
  name: 'later',
  /** @param {import('esbuild').PluginBuild} bundler */
  setup(bundler) {
    bundler.onResolve({ filter: /.*/ }, async ({ kind, path, resolveDir }) => {
      if (kind !== 'dynamic-import') return null;
      const { errors, path: found } = await bundler.resolve(path, { kind: 'import-statement', resolveDir });
      return { errors, path: found, namespace: 'later' };
    });
    bundler.onLoad({ filter: /.*/, namespace: 'later' }, async ({ path }) => {
      const named = `export * from ${JSON.stringify(path)};`;
      const usual = /^export default /m.test(await readFile(path, 'utf8')) ? `export { default } from ${JSON.stringify(path)};` : '';
      return { contents: `import ${JSON.stringify(`${here}index.tsx`)};\n${named}\n${usual}`, resolveDir: here, watchFiles: [path] };
    });
  },
};

/** @type {import('esbuild').Plugin} */
const page = {
  name: 'index-html',
  setup(bundler) {
    bundler.onEnd(async ({ metafile, errors }) => {
      if (!metafile || errors.length > 0) return;
      const { metafile: first } = await build(head);
      const outputs = Object.entries({ ...first.outputs, ...metafile.outputs });
      const named = (/** @type {string} */ what, /** @type {(output: import('esbuild').Metafile['outputs'][string]) => unknown} */ is) => {
        const found = outputs.find(([, output]) => is(output));
        if (!found) throw new Error(`esbuild wrote no ${what}`);
        return `assets/${basename(found[0])}`;
      };
      const early = named('script for the head', ({ entryPoint }) => entryPoint === 'app/early.ts');
      const script = named('script of index.tsx', ({ inputs }) => inputs['index.tsx']?.bytesInOutput);
      const style = named('style', ({ entryPoint }) => entryPoint === 'app/page.css');
      const template = await readFile(`${here}index.html`, 'utf8');
      const html = template
        .replace('<!-- early -->', `<script src="${early}"></script>`)
        .replace('<!-- style -->', `<link rel="stylesheet" href="${style}" />`)
        .replace('<!-- script -->', `<script type="module" src="${script}"></script>`);
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

/** @satisfies {import('esbuild').BuildOptions} */
const both = {
  absWorkingDir: here,
  outdir: `${outdir}/assets`,
  entryNames: '[name]-[hash]',
  bundle: true,
  target: ['chrome115', 'firefox121', 'safari17'],
  minify: true,
  sourcemap: /** @type {const} */ ('linked'),
  sourcesContent: false,
  metafile: /** @type {const} */ (true),
  logLevel: /** @type {const} */ ('warning'),
};

/** What stands in the head of the page: its style, and a script that needs nothing else. */
const head = { ...both, entryPoints: ['app/early.ts', 'app/page.css'], format: /** @type {const} */ ('iife'), plugins: [themes] };

/** @type {import('esbuild').BuildOptions} */
const options = {
  ...both,
  entryPoints: ['index.tsx'],
  chunkNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  splitting: true,
  format: 'esm',
  jsx: 'automatic',
  define: { 'process.env.NODE_ENV': '"production"' },
  loader: { '.svg': 'text', '.css': 'empty' }, // the style is one sheet, whatever code is there
  plugins: [later, page],
};

await rm(outdir, { recursive: true, force: true });
await mkdir(outdir, { recursive: true });
if (process.argv.includes('--watch')) await (await context(options)).watch();
else await build(options);
