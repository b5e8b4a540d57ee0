import type { Artifact } from '@cellkeep/schema/tracking';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useShared } from '../../live/shared.ts';
import { Code } from '../../look/Code.tsx';
import { formatBytes } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Markdown } from '../../look/Markdown.tsx';
import { Empty, errorText, Skeleton } from '../../look/states.tsx';
import { isMissing } from '../queries.ts';
import { prettyJson } from './prettyJson.ts';
import { nameOf, previewOf, startsAsTable, textKindOf } from './previews.ts';
import { readStart } from './readStart.ts';
import { TableOrTextSwitch } from './TableOrTextSwitch.tsx';
import { TableRows } from './TableRows.tsx';
import { useTable } from './useTable.ts';

const TEXT_BYTES = 64 * 1024; // read of a text: some thousand lines
const IMAGE_BYTES = 30_000_000; // shown unasked; above it a browser may stand still for seconds

export function Preview({ artifact }: { artifact: Artifact }): ReactElement {
  const t = useTranslate();
  const kind = previewOf(artifact);
  switch (kind) {
    case 'image':
      return <Picture artifact={artifact} />;
    case 'table':
      return <TableOrText artifact={artifact} />;
    case 'json':
      return <JsonPreview artifact={artifact} />;
    case 'none':
      return (
        <Empty icon="file" title={t('No preview')}>
          <p>{t('{type} is not shown here; download it to open it.', { type: artifact.mediaType || t('This type') })}</p>
        </Empty>
      );
    default:
      return <TextPreview artifact={artifact} kind={kind} />;
  }
}

/** Drawn by <img> only: a script in an SVG does not run there. */
function Picture({ artifact }: { artifact: Artifact }): ReactElement {
  const t = useTranslate();
  const { connection } = useShared();
  const [isWanted, setWanted] = useState(artifact.size <= IMAGE_BYTES);
  const [size, setSize] = useState<string | null>(null);
  const [isBroken, setBroken] = useState(false);
  if (!isWanted) {
    return (
      <Empty
        icon="image"
        title={t('A large picture')}
        actions={
          <button type="button" className="ck-btn" onClick={() => setWanted(true)}>
            {t('Show {size}', { size: formatBytes(artifact.size) })}
          </button>
        }
      />
    );
  }
  if (isBroken) {
    return (
      <Empty icon="image" title={t('This picture cannot be shown')}>
        <p>{t('The file is damaged, is no picture, or could not be loaded. It can still be downloaded.')}</p>
      </Empty>
    );
  }
  return (
    <figure className="ck-artifact-picture">
      <img
        src={connection.artifactUrl(artifact.runId, artifact.path)}
        alt={nameOf(artifact.path)}
        onError={() => setBroken(true)}
        onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) => setSize(`${naturalWidth} × ${naturalHeight}`)}
      />
      <figcaption className="ck-faint">{size ?? '\u00a0'}</figcaption>
    </figure>
  );
}

/** JSON in which nothing but its beginning says that it is a table. */
function JsonPreview({ artifact }: { artifact: Artifact }): ReactElement {
  const { data } = useStart(artifact);
  return data !== undefined && startsAsTable(data) ? <TableOrText artifact={artifact} /> : <TextPreview artifact={artifact} kind="json" />;
}

/** The table of a file, and its text for who wants to see that. */
function TableOrText({ artifact }: { artifact: Artifact }): ReactElement {
  const t = useTranslate();
  const [isText, setText] = useState(false);
  const table = useTable(artifact);
  const kind = textKindOf(artifact);
  if (table.error) {
    // JSON was taken for a table by its beginning: where it is none, nothing went wrong.
    const isGuess = kind === 'json' && isMissing(table.error);
    return (
      <>
        {!isGuess && (
          <p className="ck-run-note" role="status">
            <Icon name="warn" size={14} /> {t('It cannot be read as a table: {reason} Its text:', { reason: errorText(table.error, t) })}
          </p>
        )}
        <TextPreview artifact={artifact} kind={kind} />
      </>
    );
  }
  if (!table.data) return <Skeleton rows={8} />;
  return (
    <>
      <TableOrTextSwitch isText={isText} onChange={setText} />
      {isText ? (
        <TextPreview artifact={artifact} kind={kind} />
      ) : (
        <TableRows table={table.data} hasMore={table.hasMore} onMore={table.onMore} />
      )}
    </>
  );
}

function useStart(artifact: Artifact) {
  const { connection } = useShared();
  const { runId, path, digest } = artifact;
  return useQuery({
    queryKey: ['text', runId, path, digest],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => readStart(connection, artifact, TEXT_BYTES, signal),
  });
}

function TextPreview({ artifact, kind }: { artifact: Artifact; kind: 'text' | 'json' | 'markdown' | 'html' }): ReactElement {
  const t = useTranslate();
  const { path, size } = artifact;
  const { data, error } = useStart(artifact);
  if (error) {
    return (
      <Empty icon="warn" title={t('It could not be loaded')}>
        <p>{errorText(error, t)}</p>
      </Empty>
    );
  }
  if (data === undefined) return <Skeleton rows={8} />;
  const isCut = size > TEXT_BYTES;
  return (
    <>
      {kind === 'html' && (
        <p className="ck-run-note">
          <Icon name="warn" size={14} />{' '}
          {t('HTML is shown as text: a page that a run made could act in your name here. Download it to open it.')}
        </p>
      )}
      {kind === 'markdown' && !isCut ? (
        <Markdown source={data} />
      ) : (
        <Code plain={!/\.pyi?$/.test(path)} source={kind === 'json' && !isCut ? prettyJson(data) : data} />
      )}
      {isCut && (
        <p className="ck-run-none">
          {t('The first {shown} of {size}. Download the file for all of it.', { shown: formatBytes(TEXT_BYTES), size: formatBytes(size) })}
        </p>
      )}
    </>
  );
}
