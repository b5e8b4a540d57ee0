/** A file of rows becomes a file of predictions, as a job that can be watched and stopped. */
import type { Batch, Endpoint } from '@cellkeep/schema/deployment';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useTranslate } from '../../host.ts';
import { useShared } from '../../live/shared.ts';
import { formatBytes, groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { ErrorState } from '../../look/states.tsx';
import { Ago, Took } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { Section } from '../../tracking/run/Section.tsx';
import { useAttempt } from '../attempt.ts';
import { deploymentKeys, mainRelease, useDeploymentClient } from '../queries.ts';
import { promotionWord } from '../words.ts';
import { BatchForm } from './BatchForm.tsx';

export function BatchScoring({ endpoint }: { endpoint: Endpoint }): ReactElement | null {
  const t = useTranslate();
  const client = useDeploymentClient();
  const attempt = useAttempt();
  const mayChange = useMayWrite();
  const release = mainRelease(endpoint);
  const modelName = release?.modelName ?? '';
  const { data, error, refetch } = useQuery({
    queryKey: deploymentKeys.batches(modelName),
    enabled: release !== null,
    queryFn: async ({ signal }) => (await client.batches.list({ modelName, limit: 20 }, { signal })).batches,
    refetchInterval: ({ state }) => (state.data?.some(({ status }) => status === 'queued' || status === 'running') ? 1_000 : false),
  });
  if (!release) return null;
  return (
    <Section title={t('Score a file')} count={data?.length}>
      {mayChange && <BatchForm release={release} />}
      {!mayChange && data?.length === 0 && <p className="ck-run-none">{t('Nothing was scored yet.')}</p>}
      {error && !data && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data && data.length > 0 && (
        <ul className="ck-batches">
          {data.map((batch) => (
            <BatchLine
              key={batch.id}
              batch={batch}
              onCancel={mayChange ? () => void attempt(() => client.batches.cancel({ id: batch.id })) : null}
            />
          ))}
        </ul>
      )}
    </Section>
  );
}

function BatchLine({ batch, onCancel }: { batch: Batch; onCancel: (() => void) | null }): ReactElement {
  const t = useTranslate();
  const { connection } = useShared();
  const { input, status, rowsDone, rowsTotal, rowsFailed, error, output, version, startedAt, endedAt, askedAt } = batch;
  const isOn = status === 'queued' || status === 'running';
  const name = input.kind === 'artifact' ? input.path : input.name;
  return (
    <li data-status={status}>
      <div className="ck-batch-line">
        <b title={name}>{name}</b>
        <span className="ck-dim">v{version}</span>
        <span className={status === 'failed' || status === 'lost' ? 'ck-bad' : 'ck-dim'}>{promotionWord(status, t)}</span>
        <span>
          {groupThousands(rowsDone)}
          {rowsTotal !== null && ` / ${groupThousands(rowsTotal)}`} {t('rows')}
        </span>
        {rowsFailed > 0 && <span className="ck-warned">{t('{n} do not fit', { n: groupThousands(rowsFailed) })}</span>}
        <span className="ck-grow" />
        {startedAt !== null ? <Took from={startedAt} to={endedAt} /> : <Ago at={askedAt} />}
        {isOn && onCancel && (
          <button type="button" className="ck-btn ck-small" onClick={onCancel}>
            {t('Stop')}
          </button>
        )}
        {input.kind === 'artifact' && (
          <ViewLink to={{ view: 'run', id: input.runId, tab: 'artifacts' }} className="ck-link">
            {t('run')}
          </ViewLink>
        )}
        {output && (
          <a className="ck-link" href={`${connection.baseUrl}api/v1/batches/${batch.id}/output`} download={`${batch.id}.parquet`}>
            <Icon name="download" size={13} /> {t('answers')} <span className="ck-dim">{formatBytes(output.size)}</span>
          </a>
        )}
      </div>
      {isOn && rowsTotal !== null && rowsTotal > 0 && <progress value={rowsDone} max={rowsTotal} aria-label={t('Rows scored')} />}
      {error && <p className="ck-promotion-error">{error}</p>}
    </li>
  );
}
