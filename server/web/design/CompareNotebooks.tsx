/** What is different between the notebooks of two runs, as each ended; of runs without snapshots, between what ran. */
import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, useRef } from 'react';
import { useTranslate } from '../host.ts';
import { errorText, Skeleton } from '../look/states.tsx';
import { ViewLink } from '../look/ViewLink.tsx';
import { SnapshotDiffView } from './diff/SnapshotDiffView.tsx';
import { mainSnapshot, useSnapshots } from './queries.ts';

export default function CompareNotebooks({ before, after, otherwise }: { before: Run; after: Run; otherwise: ReactElement }): ReactElement {
  const t = useTranslate();
  const scroller = useRef<HTMLElement>(null);
  const [one, two] = [useSnapshots({ runId: before.id }), useSnapshots({ runId: after.id })];
  if (!one.data || !two.data) {
    const error = one.error ?? two.error;
    return error ? <p className="ck-run-note ck-bad">{errorText(error, t)}</p> : <Skeleton rows={6} />;
  }
  const was = mainSnapshot(
    one.data.pages.flatMap((page) => page.snapshots),
    before.id,
  );
  const is = mainSnapshot(
    two.data.pages.flatMap((page) => page.snapshots),
    after.id,
  );
  if (!was || !is) return otherwise;
  if (was.id === is.id) return <p className="ck-run-note">{t('Both runs are of one snapshot: the notebook was the same.')}</p>;
  return (
    <>
      <p>
        <ViewLink to={{ view: 'snapshotDiff', before: was.id, after: is.id }}>{t('As a page of its own')}</ViewLink>
      </p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls is reached by keyboard */}
      <section ref={scroller} className="ck-diff-inset" tabIndex={0} aria-label={t('Difference of the notebooks')}>
        <SnapshotDiffView before={was.id} after={is.id} scroller={scroller} />
      </section>
    </>
  );
}
