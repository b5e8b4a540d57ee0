import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useMemo } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { formatNumber } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { likelyDirection } from '../compare/differences.ts';
import { useRunSearch } from '../queries.ts';
import { type Change, changesBetween, relativeText } from './changes.ts';
import { Section } from './Section.tsx';

const MOST = 40; // rows; more than these are a comparison

/** What is different from the run before it of the same notebook, or of the experiment where there is no notebook. */
export function Changes({ run }: { run: Run }): ReactElement | null {
  const t = useTranslate();
  const host = useHost();
  const { notebookPath } = run.source;
  const place = notebookPath === null ? { experimentIds: [run.experimentId] } : { notebookPath };
  // A whole run is compared with a whole one, a part with the part before it: the last trial of a sweep is no attempt at the next run.
  const level = run.parentRunId ? `attributes.parent_run_id = '${run.parentRunId}'` : 'attributes.parent_run_id IS NULL';
  const { data } = useRunSearch({
    ...place,
    filter: `attributes.start_time < ${run.startedAt} AND ${level}`,
    orderBy: [{ by: 'attributes.start_time', direction: 'desc' }],
    limit: 1,
  });
  const before = data?.runs[0];
  const changes = useMemo(() => (before ? changesBetween(before, run) : []), [before, run]);
  if (!before) return null;
  const commit = before.source.git?.commit;
  const isOtherCommit = commit !== undefined && run.source.git !== null && commit !== run.source.git.commit;
  return (
    <Section
      title={t('Since the run before it')}
      aside={
        <button
          type="button"
          className="ck-btn ck-quiet ck-small"
          onClick={() => host.navigate({ view: 'compare', runIds: [run.id, before.id] })}
        >
          <Icon name="compare" size={13} /> {t('Compare')}
        </button>
      }
    >
      <p className="ck-run-before">
        {notebookPath === null ? t('Before it in this experiment:') : t('Before it in this notebook:')}{' '}
        <ViewLink to={{ view: 'run', id: before.id }}>{before.name}</ViewLink>
        {isOtherCommit && (
          <span className="ck-faint">
            {' '}
            · {t('commit')} <code>{commit.slice(0, 8)}</code> → <code>{run.source.git?.commit.slice(0, 8)}</code>
          </span>
        )}
      </p>
      {changes.length === 0 ? (
        <p className="ck-run-none">{t('The same params and the same results.')}</p>
      ) : (
        <div className="ck-run-scroll">
          <table className="ck-run-table ck-run-changes">
            <thead className="ck-spoken">
              <tr>
                <th scope="col">{t('What')}</th>
                <th scope="col">{t('Before')}</th>
                <th scope="col">{t('Now')}</th>
                <th scope="col">{t('Difference')}</th>
              </tr>
            </thead>
            <tbody>
              {changes.slice(0, MOST).map((change) => (
                <ChangeRow key={`${change.kind} ${change.key}`} change={change} />
              ))}
            </tbody>
          </table>
        </div>
      )}
      {changes.length > MOST && (
        <p className="ck-run-none">{t('{n} more: compare the two runs to see them.', { n: changes.length - MOST })}</p>
      )}
    </Section>
  );
}

function ChangeRow({ change }: { change: Change }): ReactElement {
  const t = useTranslate();
  const { key, kind, before, after, relative } = change;
  const shown = (text: string | null) =>
    text === null ? <span className="ck-faint">–</span> : kind === 'metric' ? formatNumber(Number(text)) : text || t('(empty)');
  const isBetter = relative !== null && relative !== 0 && relative > 0 === (likelyDirection(key) === 'higher');
  return (
    <tr data-kind={kind}>
      <th scope="row" title={key}>
        {key}
      </th>
      <td className="ck-num ck-dim" title={before ?? t('not there')}>
        {shown(before)}
      </td>
      <td className="ck-num" title={after ?? t('not there')}>
        <span className="ck-faint" aria-hidden="true">
          →{' '}
        </span>
        {shown(after)}
      </td>
      <td className="ck-num ck-run-relative" data-better={kind === 'metric' && relative !== null ? isBetter : undefined}>
        {relative !== null ? relativeText(relative) : kind === 'param' ? t('param') : ''}
      </td>
    </tr>
  );
}
