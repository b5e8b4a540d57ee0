// What every page loads before it shows anything: other code comes when a view needs it.
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect, test } from 'vitest';

const here = fileURLToPath(new URL('..', import.meta.url));

async function packagesOf(entry: string): Promise<string[]> {
  const { metafile } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    outdir: '/out',
    bundle: true,
    splitting: true,
    format: 'esm',
    jsx: 'automatic',
    write: false,
    metafile: true,
    loader: { '.svg': 'text', '.css': 'empty' },
    logLevel: 'silent',
  });
  const start = Object.entries(metafile.outputs).find(([, { entryPoint }]) => entryPoint === entry)?.[0];
  const loaded = new Set([start ?? '']);
  for (const path of loaded)
    for (const { path: next, kind } of metafile.outputs[path]?.imports ?? []) if (kind === 'import-statement') loaded.add(next);
  const sources = [...loaded].flatMap((path) =>
    Object.entries(metafile.outputs[path]?.inputs ?? {}).flatMap(([source, { bytesInOutput }]) => (bytesInOutput > 0 ? source : [])),
  );
  return [...new Set(sources.flatMap((source) => /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(source)?.[1] ?? []))].sort();
}

test('a page loads neither the schema library, since the server checks what it is sent, nor what reads Markdown, which most show none of', async () => {
  const packages = await packagesOf('index.tsx');
  expect(packages).toContain('react-dom');
  for (const late of ['zod', 'yaml', 'markdown-it', '@observablehq/plot']) expect(packages).not.toContain(late);
});

test('what stands in the head of the page needs no package', async () => {
  expect(await packagesOf('app/early.ts')).toEqual([]);
});
