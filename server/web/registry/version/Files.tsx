import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { useShared } from '../../live/shared.ts';
import { formatBytes } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Empty, ErrorState, Skeleton } from '../../look/states.tsx';
import { addressOfFile, type useModelFiles } from '../queries.ts';
import { WideTable } from '../WideTable.tsx';

/** The files of a version with their digests; each can be downloaded. */
export function Files({
  answer,
  loggedModelId,
  location,
}: {
  answer: ReturnType<typeof useModelFiles>;
  loggedModelId: string | null;
  location: string;
}): ReactElement {
  const t = useTranslate();
  const { connection } = useShared();
  if (answer.error) return <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />;
  if (loggedModelId !== null && !answer.data) return <Skeleton rows={5} />;
  if (loggedModelId === null || answer.data?.length === 0) {
    return (
      <Empty icon="folder" title={t('No files on this server')}>
        <p>
          {t('They lie in')} <code className="ck-mono">{location}</code>
        </p>
      </Empty>
    );
  }
  return (
    <WideTable label={t('Files')}>
      <table className="ck-list">
        <thead>
          <tr>
            <th>{t('File')}</th>
            <th className="ck-num">{t('Size')}</th>
            <th>SHA-256</th>
          </tr>
        </thead>
        <tbody>
          {answer.data?.map(({ path, size, digest }) => (
            <tr key={path}>
              <td className="ck-first">
                <a className="ck-link" href={new URL(addressOfFile(loggedModelId, path), connection.baseUrl).href} download>
                  <Icon name="download" size={13} /> {path}
                </a>
              </td>
              <td className="ck-num">{formatBytes(size)}</td>
              <td className="ck-mono ck-dim" title={digest}>
                {digest.slice(0, 16)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </WideTable>
  );
}
