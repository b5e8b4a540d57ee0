import type { Run } from '@cellkeep/schema/tracking';
import type { ReactElement } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { formatMetric } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { StatusMark } from '../../look/Status.tsx';
import { Took } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { mainMetric } from '../mainMetric.ts';
import { endOf } from './RunFacts.tsx';
import { Section } from './Section.tsx';

const MOST_COMPARED = 200;

/** The runs within this one: folds, trials, members of an ensemble. */
export function Children({ run, runsWithin }: { run: Run; runsWithin: readonly Run[] }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  return (
    <Section
      title={t('Runs within')}
      count={run.childCount}
      aside={
        runsWithin.length > 1 && (
          <button
            type="button"
            className="ck-btn ck-quiet ck-small"
            onClick={() => host.navigate({ view: 'compare', runIds: runsWithin.slice(0, MOST_COMPARED).map(({ id }) => id) })}
          >
            <Icon name="compare" size={13} /> {t('Compare them')}
          </button>
        )
      }
    >
      <ul className="ck-run-children">
        {runsWithin.map((child) => {
          const metric = mainMetric(child, '');
          const summary = metric === null ? undefined : child.metrics[metric];
          return (
            <li key={child.id}>
              <StatusMark status={child.status} />
              <ViewLink to={{ view: 'run', id: child.id }} className="ck-run-name" title={child.name}>
                {child.name}
              </ViewLink>
              <span className="ck-grow" />
              {summary && (
                <span className="ck-num">
                  <span className="ck-faint">{metric}</span> {formatMetric(summary.last)}
                </span>
              )}
              <span className="ck-dim ck-num">
                <Took from={child.startedAt} to={endOf(child)} />
              </span>
            </li>
          );
        })}
      </ul>
      {runsWithin.length > 0 && runsWithin.length < run.childCount && (
        <p className="ck-run-none">{t('The newest {n} of {total} are shown.', { n: runsWithin.length, total: run.childCount })}</p>
      )}
    </Section>
  );
}
