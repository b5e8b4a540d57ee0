import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { Icon } from '../look/icons.tsx';
import { Empty, ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { isMissing, useExperiment } from '../tracking/queries.ts';
import { Onlookers } from './Avatars.tsx';
import { Comments } from './Comments.tsx';
import { useComments } from './queries.ts';
import { useCollaboration } from './watch.ts';

/** In the head of an experiment: who else is here, and the way to what people say about it. */
export function ExperimentTeam({ id }: { id: string }): ReactElement {
  const t = useTranslate();
  const subject = `experiment:${id}`;
  const people = useCollaboration(subject);
  const total = useComments(subject).data?.pages[0]?.total ?? 0;
  return (
    <>
      <Onlookers people={people} />
      <ViewLink
        to={{ view: 'discussion', experimentId: id }}
        className="ck-btn ck-quiet"
        title={t('What people say about this experiment')}
      >
        <Icon name="comment" size={14} /> <span className="ck-wide">{t('Discussion')}</span>
        {total > 0 && <span className="ck-tab-count">{total}</span>}
      </ViewLink>
    </>
  );
}

/** What people say about an experiment as a whole. */
export function DiscussionPage({ experimentId }: { experimentId: string }): ReactElement {
  const t = useTranslate();
  const { data: experiment, error, refetch } = useExperiment(experimentId);
  const subject = `experiment:${experimentId}`;
  const people = useCollaboration(experiment ? subject : null);
  if (!experiment) {
    if (error && isMissing(error)) return <Empty icon="search" title={t('There is no such experiment')} />;
    return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={8} />;
  }
  return (
    <div className="ck-page ck-discussion">
      <OfflineBanner />
      <header className="ck-head">
        <ViewLink to={{ view: 'experiment', id: experimentId }} className="ck-crumb">
          {experiment.name}
        </ViewLink>
        <span className="ck-faint" aria-hidden="true">
          /
        </span>
        <h1>{t('Discussion')}</h1>
        <span className="ck-grow" />
        <Onlookers people={people} />
      </header>
      <div className="ck-scroll">
        <Comments subject={subject} />
      </div>
    </div>
  );
}
