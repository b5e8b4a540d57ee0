import type { Snapshot } from '@cellkeep/schema/design';
import type { Run } from '@cellkeep/schema/tracking';
import type { ReactElement } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { useShared } from '../../live/shared.ts';
import { Icon, type IconName } from '../../look/icons.tsx';
import { Ago } from '../../look/Time.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { CompareMenu } from './CompareMenu.tsx';

export type Panel = 'ranOn' | 'slice' | 'verify';

export const notebookUrl = (baseUrl: string, snapshotId: string): string =>
  new URL(`api/v1/snapshots/${snapshotId}/notebook`, baseUrl).href;

/** Which snapshot, what is to be seen in it, and what can be done with it. */
export function NotebookTools(props: {
  snapshot: Snapshot;
  run: Run | null;
  switcher: ReactElement | null;
  panel: Panel | null;
  onPanel: (panel: Panel | null) => void;
  marked: number;
  onStep: (step: 1 | -1) => void;
  onStarter: (() => void) | null;
  goneCount: number;
  laterCount: number;
  onGone: () => void;
}): ReactElement {
  const { snapshot, run, switcher, panel, onPanel, marked, onStep, onStarter, goneCount, laterCount, onGone } = props;
  const t = useTranslate();
  const host = useHost();
  const { connection } = useShared();
  const { document, kernel, notebookId } = snapshot;
  const from = document?.takenFrom === 'editor' ? t('as it stood in the editor') : t('as it lay on disk');
  const panels: [Panel, string, IconName][] = [
    ['ranOn', t('Ran on'), 'layers'],
    ['slice', t('Slice'), 'branch'],
    ...(run ? ([['verify', t('Verify'), 'refresh']] as [Panel, string, IconName][]) : []),
  ];
  return (
    <div className="ck-nb-tools">
      {switcher}
      <span className="ck-dim ck-nb-taken">
        {document && `${from} · `}
        <Ago at={snapshot.takenAt} />
      </span>
      {onStarter && (
        <button type="button" className="ck-chip" onClick={onStarter}>
          {t('To the cell that started it')}
        </button>
      )}
      {marked > 0 && document && (
        <span className="ck-nb-steps-of">
          <button
            type="button"
            className="ck-icon-btn"
            aria-label={t('The marked cell before')}
            title={t('The marked cell before (p)')}
            onClick={() => onStep(-1)}
          >
            <Icon name="left" size={14} />
          </button>
          <span className="ck-dim">{t('{n} marked', { n: marked })}</span>
          <button
            type="button"
            className="ck-icon-btn"
            aria-label={t('The next marked cell')}
            title={t('The next marked cell (n)')}
            onClick={() => onStep(1)}
          >
            <Icon name="right" size={14} />
          </button>
        </span>
      )}
      {kernel && kernel.findings.length > 0 && (
        <span
          className="ck-chip ck-warned"
          title={t('Results that the notebook as it stands does not explain; each is marked at its cell.')}
        >
          {t(kernel.findings.length === 1 ? '{n} hidden state' : '{n} hidden states', { n: kernel.findings.length })}
        </span>
      )}
      {laterCount > 0 && document && (
        <button type="button" className="ck-chip" onClick={onGone}>
          {t('{n} ran afterwards', { n: laterCount })}
        </button>
      )}
      {goneCount > 0 && (
        <button type="button" className="ck-chip" onClick={onGone}>
          {t('{n} ran, then deleted', { n: goneCount })}
        </button>
      )}
      <span className="ck-grow" />
      {document && (
        <a className="ck-btn" href={notebookUrl(connection.baseUrl, snapshot.id)} download title={t('Download the notebook as it was')}>
          <Icon name="download" size={14} /> .ipynb
        </a>
      )}
      {document && host.openSnapshot && (
        <button type="button" className="ck-btn" onClick={() => host.openSnapshot?.(snapshot.id)}>
          <Icon name="notebook" size={14} /> {t('Open as it was')}
        </button>
      )}
      {document && notebookId && <CompareMenu snapshot={snapshot} notebookId={notebookId} />}
      {notebookId && (
        <ViewLink to={{ view: 'history', notebookId }} className="ck-btn" title={t('All snapshots of this notebook')}>
          <Icon name="history" size={14} /> {t('History')}
        </ViewLink>
      )}
      <fieldset className="ck-segments" aria-label={t('Beside the notebook')}>
        {panels.map(([id, label]) => (
          <button key={id} type="button" aria-pressed={panel === id} onClick={() => onPanel(panel === id ? null : id)}>
            {label}
          </button>
        ))}
      </fieldset>
    </div>
  );
}
