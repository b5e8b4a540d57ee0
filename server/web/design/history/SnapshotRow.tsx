import type { SnapshotSummary } from '@cellkeep/schema/design';
import type { ReactElement } from 'react';
import { type Host, type Translate, useHost, useTranslate } from '../../host.ts';
import { useShared } from '../../live/shared.ts';
import { clockTime, exactTime, isoTime } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { MenuButton, type MenuItem } from '../../look/Menu.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { notebookUrl } from '../notebook/NotebookTools.tsx';
import { reasonWord } from './reasonWord.ts';

const MOST_RUNS = 3;

/** When, why, what had changed, which runs; the tick chooses it for a difference. */
export function SnapshotRow({
  snapshot,
  isChosen,
  onChoose,
  before,
}: {
  snapshot: SnapshotSummary;
  isChosen: boolean;
  onChoose: () => void;
  before: SnapshotSummary | undefined;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const { connection } = useShared();
  const { id, takenAt, label, reason, runs, runCount, userName, findingCount, changed, hasDocument, hasKernel, cellCount } = snapshot;
  const what = label || reasonWord(reason, t);
  return (
    <li className="ck-timeline-row" data-chosen={isChosen ? '' : undefined}>
      <input
        type="checkbox"
        checked={isChosen}
        disabled={!hasDocument && !hasKernel}
        aria-label={t('Choose {what}, {when}', { what, when: exactTime(takenAt) })}
        onChange={onChoose}
      />
      <time dateTime={isoTime(takenAt)} title={exactTime(takenAt)}>
        {clockTime(takenAt)}
      </time>
      <div className="ck-timeline-what">
        <ViewLink to={runs[0] ? { view: 'run', id: runs[0].id, tab: 'notebook' } : { view: 'snapshot', id }} title={what}>
          {what}
        </ViewLink>
        <p className="ck-dim">
          {changed ? <Changed changed={changed} /> : t('{n} cells', { n: cellCount })}
          {findingCount > 0 && (
            <span className="ck-warned">{t(findingCount === 1 ? '{n} hidden state' : '{n} hidden states', { n: findingCount })}</span>
          )}
          {!hasDocument && <span>{t('without its document')}</span>}
          {!hasKernel && <span>{t('without its kernel')}</span>}
          <span>{userName}</span>
        </p>
        {runs.length > 0 && (
          <p className="ck-timeline-runs">
            {runs.slice(0, MOST_RUNS).map(({ id: runId, name }) => (
              <ViewLink key={runId} to={{ view: 'run', id: runId }} className="ck-chip">
                {name}
              </ViewLink>
            ))}
            {runCount > MOST_RUNS && <span className="ck-faint">{t('{n} more', { n: runCount - MOST_RUNS })}</span>}
          </p>
        )}
      </div>
      <MenuButton
        label={t('Actions for {what}', { what })}
        className="ck-icon-btn"
        align="end"
        items={() => itemsOf(snapshot, before, host, notebookUrl(connection.baseUrl, id), t)}
      >
        <Icon name="more" />
      </MenuButton>
    </li>
  );
}

function Changed({ changed: { added, removed, edited } }: { changed: NonNullable<SnapshotSummary['changed']> }): ReactElement {
  const t = useTranslate();
  if (added + removed + edited === 0) return <span>{t('no cell changed')}</span>;
  const title = t('{added} added, {removed} removed, {edited} edited since the one before', { added, removed, edited });
  return (
    <span className="ck-timeline-changed" title={title}>
      <span className="ck-spoken">{title}</span>
      <span aria-hidden="true">
        {added > 0 && <ins>+{added}</ins>} {removed > 0 && <del>−{removed}</del>} {edited > 0 && <b>~{edited}</b>}
      </span>
    </span>
  );
}

function itemsOf(
  snapshot: SnapshotSummary,
  before: SnapshotSummary | undefined,
  host: Host,
  url: string,
  t: Translate,
): (MenuItem | null)[] {
  const { id, hasDocument } = snapshot;
  const items: (MenuItem | null)[] = [
    { label: t('Show it'), icon: 'notebook', onSelect: () => host.navigate({ view: 'snapshot', id }) },
    {
      label: t('What changed since the one before'),
      icon: 'compare',
      disabled: !before || !hasDocument,
      onSelect: () => before && host.navigate({ view: 'snapshotDiff', before: before.id, after: id }),
    },
    null,
  ];
  if (host.openSnapshot)
    items.push({ label: t('Open as a new notebook'), icon: 'external', disabled: !hasDocument, onSelect: () => host.openSnapshot?.(id) });
  if (host.restoreCells) {
    const restore = (label: string, withOutputs: boolean) =>
      items.push({ label, icon: 'undo', disabled: !hasDocument, onSelect: () => host.restoreCells?.(id, null, withOutputs) });
    restore(t('Put its cells back into the notebook'), true);
    restore(t('Put them back without outputs'), false);
  }
  items.push({ label: t('Download .ipynb'), icon: 'download', disabled: !hasDocument, onSelect: () => download(url) });
  return items;
}

function download(url: string): void {
  const link = Object.assign(document.createElement('a'), { href: url, download: '' });
  link.click();
}
