import type { Artifact } from '@cellkeep/schema/tracking';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient, useShared } from '../../live/shared.ts';
import { Code } from '../../look/Code.tsx';
import { formatBytes, groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Markdown } from '../../look/Markdown.tsx';
import { Empty, errorText, Skeleton } from '../../look/states.tsx';
import { prettyJson } from './prettyJson.ts';
import { nameOf, previewOf } from './previews.ts';
import { readStart } from './readStart.ts';

const TEXT_BYTES = 64 * 1024; // read of a text: some thousand lines
const IMAGE_BYTES = 30_000_000; // shown unasked; above it a browser may stand still for seconds
const ROWS = 100;

export function Preview({ artifact }: { artifact: Artifact }): ReactElement {
  const t = useTranslate();
  const kind = previewOf(artifact);
  switch (kind) {
    case 'image':
      return <Picture artifact={artifact} />;
    case 'table':
      return <TablePreview artifact={artifact} />;
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

function TablePreview({ artifact }: { artifact: Artifact }): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const { runId, path, digest } = artifact;
  const { data, error } = useQuery({
    queryKey: ['preview', runId, path, digest],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => client.tracking.artifacts.preview({ runId, path, rows: ROWS }, { signal }),
  });
  if (error) {
    return (
      <>
        <p className="ck-run-note" role="status">
          <Icon name="warn" size={14} /> {t('It cannot be read as a table: {reason} Its text:', { reason: errorText(error, t) })}
        </p>
        <TextPreview artifact={artifact} kind="text" />
      </>
    );
  }
  if (!data) return <Skeleton rows={8} />;
  const numeric = data.columns.map((_, j) => data.rows.length > 0 && data.rows.every((row) => !row[j] || isNumeric(row[j])));
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section className="ck-artifact-table" tabIndex={0} aria-label={t('First rows')}>
        <table className="ck-run-table">
          <thead>
            <tr>
              <th className="ck-faint" aria-label={t('Row')} />
              {data.columns.map((column, i) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: two columns of a file may have one name
                <th key={i} scope="col" title={column} className={numeric[i] ? 'ck-num' : undefined}>
                  {column}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {data.rows.map((row, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: rows of a file have no other name
              <tr key={i}>
                <td className="ck-faint ck-num">{i + 1}</td>
                {data.columns.map((_, j) => (
                  // biome-ignore lint/suspicious/noArrayIndexKey: as the columns
                  <td key={j} title={row[j]} className={numeric[j] ? 'ck-num' : undefined}>
                    {row[j]}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </section>
      <p className="ck-run-none">
        {data.truncated
          ? t('The first {n} rows. Download the file for all of them.', { n: groupThousands(data.rows.length) })
          : t(data.rows.length === 1 ? '{n} row' : '{n} rows', { n: groupThousands(data.rows.length) })}
      </p>
    </>
  );
}

const isNumeric = (text: string | undefined): boolean => text !== undefined && /^[-+]?(\d+(?:\.\d*)?|\.\d+)(e[-+]?\d+)?$/i.test(text);

function TextPreview({ artifact, kind }: { artifact: Artifact; kind: 'text' | 'json' | 'markdown' | 'html' }): ReactElement {
  const t = useTranslate();
  const { connection } = useShared();
  const { runId, path, digest, size } = artifact;
  const { data, error } = useQuery({
    queryKey: ['text', runId, path, digest],
    staleTime: Number.POSITIVE_INFINITY,
    queryFn: ({ signal }) => readStart(connection, artifact, TEXT_BYTES, signal),
  });
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
