import type { Artifact, Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useMemo, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { formatBytes, groupThousands } from '../../look/format.ts';
import { Icon, type IconName } from '../../look/icons.tsx';
import { Empty, ErrorState, Skeleton } from '../../look/states.tsx';
import { useArtifacts } from '../queries.ts';
import { ArtifactView } from './ArtifactView.tsx';
import { matching } from './groups.ts';
import { type Folder, nameOf, type PreviewKind, previewOf, treeOf } from './previews.ts';
import { SEARCH_FROM, SearchField } from './rows.tsx';

const ICONS: Record<PreviewKind, IconName> = {
  image: 'image',
  table: 'table',
  json: 'text',
  markdown: 'text',
  html: 'file',
  text: 'text',
  none: 'file',
};
/** Rows of one folder that are drawn; a search finds what is below them. */
const MOST = 500;

/** What the run left behind: by folder on the left, what is chosen on the right. */
export function Artifacts({ run }: { run: Run }): ReactElement {
  const t = useTranslate();
  const { data, error, refetch } = useArtifacts(run.id);
  const [chosen, setChosen] = useState<string | null>(null);
  const [typed, setTyped] = useState('');
  const paths = useMemo(() => (data ?? []).map(({ path }) => path), [data]);
  const found = useMemo(() => {
    if (!typed) return data ?? [];
    const hits = new Set(matching(paths, typed));
    return (data ?? []).filter(({ path }) => hits.has(path));
  }, [data, paths, typed]);
  const tree = useMemo(() => treeOf(found), [found]);
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={8} />;
  if (data.length === 0) return <NoArtifacts />;
  // The one that is shown may be filtered away, deleted, or not there yet: then the first stands in for it.
  const shown = data.find(({ path }) => path === chosen) ?? firstOf(tree);
  return (
    <div className="ck-artifacts">
      <nav className="ck-artifact-list" aria-label={t('Artifacts')}>
        <header>
          <span className="ck-dim">
            {t(data.length === 1 ? '{n} file' : '{n} files', { n: groupThousands(data.length) })} ·{' '}
            {formatBytes(data.reduce((sum, { size }) => sum + size, 0))}
          </span>
          {data.length > SEARCH_FROM && <SearchField value={typed} onChange={setTyped} label={t('Find a file')} />}
        </header>
        <Rows folder={tree} chosen={shown?.path ?? null} onChoose={setChosen} depth={0} isSearch={typed !== ''} />
        {found.length === 0 && <p className="ck-run-none">{t('No file has this in its name.')}</p>}
      </nav>
      {shown && <ArtifactView key={`${shown.path} ${shown.digest}`} artifact={shown} onDeleted={() => setChosen(null)} />}
    </div>
  );
}

interface RowsProps {
  folder: Folder;
  chosen: string | null;
  onChoose: (path: string) => void;
  depth: number;
  isSearch: boolean;
}

function Rows({ folder, ...rest }: RowsProps): ReactElement {
  const t = useTranslate();
  const { chosen, onChoose, depth } = rest;
  return (
    <ul>
      {folder.folders.slice(0, MOST).map((inner) => (
        <FolderRow key={inner.path} folder={inner} {...rest} />
      ))}
      {folder.files.slice(0, MOST).map((artifact) => (
        <li key={artifact.path}>
          <button
            type="button"
            className="ck-artifact-row"
            style={{ paddingInlineStart: 10 + depth * 16 }}
            aria-current={artifact.path === chosen ? 'true' : undefined}
            title={artifact.path}
            onClick={() => onChoose(artifact.path)}
          >
            <Icon name={ICONS[previewOf(artifact)]} size={14} />
            <span className="ck-artifact-name">{nameOf(artifact.path)}</span>
            <span className="ck-num ck-faint">{formatBytes(artifact.size)}</span>
          </button>
        </li>
      ))}
      {Math.max(folder.files.length, folder.folders.length) > MOST && (
        <li className="ck-run-none">{t('Only the first {n} are listed; search for the others.', { n: MOST })}</li>
      )}
    </ul>
  );
}

function FolderRow({ folder, ...rest }: RowsProps): ReactElement {
  const holdsChosen = rest.chosen?.startsWith(`${folder.path}/`) ?? false;
  const [isOpen, setOpen] = useState<boolean | null>(null);
  const isShown = rest.isSearch || (isOpen ?? (holdsChosen || (rest.depth === 0 && folder.count <= 20)));
  return (
    <li>
      <button
        type="button"
        className="ck-artifact-row ck-artifact-folder"
        style={{ paddingInlineStart: 10 + rest.depth * 16 }}
        aria-expanded={isShown}
        onClick={() => setOpen(!isShown)}
      >
        <Icon name={isShown ? 'down' : 'right'} size={12} />
        <span className="ck-artifact-name" title={folder.path}>
          {folder.name}/
        </span>
        <span className="ck-num ck-faint">{groupThousands(folder.count)}</span>
      </button>
      {isShown && <Rows {...rest} folder={folder} depth={rest.depth + 1} />}
    </li>
  );
}

/** What is seen first when nothing was chosen: a picture where there is one. */
function firstOf(tree: Folder): Artifact | null {
  const all = [...filesOf(tree)];
  return all.find((artifact) => previewOf(artifact) === 'image') ?? all[0] ?? null;
}

function* filesOf(folder: Folder): Generator<Artifact> {
  yield* folder.files;
  for (const inner of folder.folders) yield* filesOf(inner);
}

function NoArtifacts(): ReactElement {
  const t = useTranslate();
  return (
    <Empty icon="folder" title={t('No artifacts')}>
      <p>{t('Files, figures, tables and text that a run keeps are shown here:')}</p>
      <p>
        <code className="ck-mono">cellkeep.figure(fig, "roc.png")</code>
      </p>
    </Empty>
  );
}
