/**
 * The time line of a notebook: each snapshot with why it was taken, what had changed since the one before, and the runs it belongs to.
 * Two of them are chosen for what is different between them. It works at 300 px, in a side bar, as well as on a page.
 */
import type { SnapshotSummary } from '@cellkeep/schema/design';
import { type KeyboardEvent, type ReactElement, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { useWatch } from '../live/shared.ts';
import { Code } from '../look/Code.tsx';
import { groupThousands } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { Empty, ErrorState, Skeleton } from '../look/states.tsx';
import { byDay, pairOf, toggle } from './history/days.ts';
import { SnapshotRow } from './history/SnapshotRow.tsx';
import { type SnapshotsOf, useSnapshots } from './queries.ts';

export function History({ of }: { of: Exclude<SnapshotsOf, { runId: string }> }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useSnapshots(of, 50);
  const [chosen, setChosen] = useState<string[]>([]);
  const snapshots = data?.pages.flatMap((page) => page.snapshots) ?? [];
  const path = 'notebookPath' in of ? of.notebookPath : (snapshots[0]?.notebookPath ?? null);
  useWatch(path === null ? null : { notebookPath: path });
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={8} height={44} />;
  if (snapshots.length === 0) return <NoHistory />;
  const pair = pairOf(chosen, snapshots);
  const compare = () => pair && host.navigate({ view: 'snapshotDiff', before: pair[0], after: pair[1] });
  return (
    <div className="ck-timeline">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: arrows go from row to row, wherever in them one is */}
      <div className="ck-timeline-list" onKeyDown={walk}>
        {byDay(snapshots).map((day) => (
          <section key={day.at} aria-label={dayName(day.at)}>
            <h3>{dayName(day.at)}</h3>
            <ol>
              {day.snapshots.map((snapshot) => (
                <SnapshotRow
                  key={snapshot.id}
                  snapshot={snapshot}
                  isChosen={chosen.includes(snapshot.id)}
                  onChoose={() => setChosen(toggle(chosen, snapshot.id))}
                  before={beforeOf(snapshot, snapshots)}
                />
              ))}
            </ol>
          </section>
        ))}
        {hasNextPage && (
          <button type="button" className="ck-btn" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {isFetchingNextPage ? t('Loading…') : t('Earlier ones')}
          </button>
        )}
      </div>
      <footer className="ck-timeline-foot">
        <span className="ck-dim" role="status">
          {chosen.length === 0 ? t('Choose two to see what is different.') : t('{n} of 2 chosen', { n: groupThousands(chosen.length) })}
        </span>
        <span className="ck-grow" />
        <button type="button" className="ck-btn ck-primary" disabled={!pair} onClick={compare}>
          <Icon name="compare" size={14} /> {t('What changed')}
        </button>
      </footer>
    </div>
  );
}

/** The one taken before it of the same notebook that has a document, as far as it is loaded. */
function beforeOf(snapshot: SnapshotSummary, snapshots: readonly SnapshotSummary[]): SnapshotSummary | undefined {
  return snapshots.slice(snapshots.indexOf(snapshot) + 1).find(({ hasDocument }) => hasDocument);
}

function dayName(at: number): string {
  return new Date(at).toLocaleDateString(undefined, { weekday: 'short', day: 'numeric', month: 'short', year: 'numeric' });
}

function walk(event: KeyboardEvent<HTMLElement>): void {
  const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0;
  const ticks = [...event.currentTarget.querySelectorAll<HTMLElement>('input[type=checkbox]')];
  const at = ticks.indexOf(event.target as HTMLElement);
  if (step === 0 || at < 0) return;
  ticks[at + step]?.focus();
  event.preventDefault();
}

/** In the side bar, while no notebook is in front. */
export function HistoryOfNone(): ReactElement {
  const t = useTranslate();
  return (
    <Empty icon="history" title={t('No notebook is open')}>
      <p>{t('The snapshots of the notebook in front appear here: those taken when a run starts and ends, and by hand.')}</p>
    </Empty>
  );
}

function NoHistory(): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const code = 'import cellkeep\ncellkeep.snapshot("before I try something")';
  return (
    <Empty
      icon="history"
      title={t('No snapshot of this notebook yet')}
      actions={
        host.insertCell && (
          <button type="button" className="ck-btn" onClick={() => host.insertCell?.(code)}>
            {t('Insert into notebook')}
          </button>
        )
      }
    >
      <p>{t('One is taken when a run starts and ends. By hand:')}</p>
      <Code source={code} />
    </Empty>
  );
}
