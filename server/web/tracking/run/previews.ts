/**
 * How an artifact is shown. The rule that all else follows: nothing of a person's file is ever taken into the page as HTML. Pictures
 * (SVG too) are shown by an <img>, which runs no script; everything else as text, or not at all.
 */
import type { Artifact } from '@cellkeep/schema/tracking';

export type PreviewKind = 'image' | 'table' | 'json' | 'markdown' | 'html' | 'text' | 'none';

const IMAGES = /^image\/(png|jpeg|gif|webp|avif|bmp|x-icon|vnd\.microsoft\.icon|svg\+xml)$/;
const TABLES = /^(text\/(csv|tab-separated-values)|application\/(x-ndjson|jsonl))$/;
const TEXTS = /^(text\/|application\/(xml|yaml|x-yaml|toml|x-toml|javascript|x-sh|x-python|sql|x-ipynb\+json)|.+\+(json|xml|yaml)$)/;

/** For files whose media type says only that they are bytes. */
const BY_ENDING: Record<string, PreviewKind> = {
  ...all('image', 'png jpg jpeg gif webp avif bmp ico svg'),
  ...all('table', 'csv tsv jsonl ndjson'),
  ...all('json', 'json geojson ipynb'),
  ...all('markdown', 'md markdown'),
  ...all('html', 'html htm xhtml'),
  ...all('text', 'txt log py r jl sql sh yaml yml toml ini cfg conf xml tex rst js ts css diff patch lock'),
};

export function previewOf({ mediaType, path, kind }: Pick<Artifact, 'mediaType' | 'path' | 'kind'>): PreviewKind {
  const type = mediaType.split(';')[0]?.trim().toLowerCase() ?? '';
  if (type === 'text/html' || type === 'application/xhtml+xml') return 'html';
  if (IMAGES.test(type)) return 'image';
  if (TABLES.test(type)) return 'table';
  if (type === 'application/json') return kind === 'table' ? 'table' : 'json';
  if (type === 'text/markdown') return 'markdown';
  const byEnding = BY_ENDING[path.split('.').at(-1)?.toLowerCase() ?? ''];
  if (type === 'application/octet-stream' || type === '') return byEnding ?? (kind === 'text' ? 'text' : 'none');
  if (type === 'text/plain') return byEnding && byEnding !== 'image' ? byEnding : 'text';
  return TEXTS.test(type) ? 'text' : 'none';
}

/**
 * Whether JSON may be a table as `mlflow.log_table`, `mlflow.evaluate` and pandas' orient="split" write it, by how it starts: nothing in its
 * address says so. The server's preview reads on and decides; other lists of objects are configuration more often than they are tables.
 */
export const startsAsTable = (text: string): boolean => /^\s*\{\s*"(?:columns|index)"\s*:\s*\[/.test(text.slice(0, 1_000));

/** How an artifact is shown where it is not shown as a table. */
export function textKindOf(artifact: Pick<Artifact, 'mediaType' | 'path'>): 'text' | 'json' {
  return previewOf({ ...artifact, kind: 'file' }) === 'json' ? 'json' : 'text';
}

function all(kind: PreviewKind, endings: string): Record<string, PreviewKind> {
  return Object.fromEntries(endings.split(' ').map((ending) => [ending, kind]));
}

export interface Folder {
  name: string;
  /** Empty: the run's own folder. */
  path: string;
  folders: Folder[];
  files: Artifact[];
  /** Files in it and below. */
  count: number;
  /** bytes */
  size: number;
}

/** Artifacts as the folders that their paths say. */
export function treeOf(artifacts: readonly Artifact[]): Folder {
  const root: Folder = { name: '', path: '', folders: [], files: [], count: 0, size: 0 };
  const known = new Map([['', root]]);
  for (const artifact of artifacts) {
    const parts = artifact.path.split('/').slice(0, -1);
    let folder = root;
    grow(root, artifact);
    parts.forEach((name, i) => {
      const path = parts.slice(0, i + 1).join('/');
      let next = known.get(path);
      if (!next) {
        next = { name, path, folders: [], files: [], count: 0, size: 0 };
        known.set(path, next);
        folder.folders.push(next);
      }
      grow(next, artifact);
      folder = next;
    });
    folder.files.push(artifact);
  }
  return root;
}

function grow(folder: Folder, { size }: Artifact): void {
  folder.count++;
  folder.size += size;
}

export const nameOf = (path: string): string => path.split('/').at(-1) ?? path;
