import type { Onlooker } from '@cellkeep/schema/collaboration';
import type { Run } from '@cellkeep/schema/tracking';
import { type ReactElement, type RefObject, useRef, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { AddToReport } from '../../collaboration/AddToReport.tsx';
import { Onlookers } from '../../collaboration/Avatars.tsx';
import { RunLiveness } from '../../collaboration/RunLiveness.tsx';
import { blocksOfRuns } from '../../collaboration/writeBlocks.ts';
import { VerdictBadge } from '../../design/verdict/VerdictBadge.tsx';
import { useHost, useTranslate } from '../../host.ts';
import { CopyButton } from '../../look/CopyButton.tsx';
import { InlineEdit } from '../../look/InlineEdit.tsx';
import { Icon } from '../../look/icons.tsx';
import { type KeyHint, KeysHelp } from '../../look/Keys.tsx';
import { runColour } from '../../look/runColour.ts';
import { StatusText } from '../../look/Status.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { RunPicker } from '../compare/RunPicker.tsx';
import type { RunActions } from '../runActions.ts';
import { TagButton } from '../table/SelectionBar.tsx';
import { RunFacts } from './RunFacts.tsx';

/** Which run this is, how it stands, where it is from, and what can be done with it. */
export function RunHead({
  run,
  actions,
  isRenaming,
  onRenaming,
  scope,
  keyHints,
  onlookers,
}: {
  run: Run;
  actions: RunActions;
  isRenaming: boolean;
  onRenaming: (renaming: boolean) => void;
  scope: RefObject<HTMLElement | null>;
  keyHints: KeyHint[];
  /** Who looks at this run now. */
  onlookers: readonly Onlooker[];
}): ReactElement {
  const t = useTranslate();
  const mayWrite = useMayWrite();
  const isDeleted = run.lifecycle === 'deleted';
  return (
    <header className="ck-run-head">
      <nav className="ck-run-crumbs" aria-label={t('Where this run belongs')}>
        <ViewLink to={{ view: 'experiments' }} className="ck-crumb">
          {t('Experiments')}
        </ViewLink>
        <span aria-hidden="true">/</span>
        <ViewLink to={{ view: 'experiment', id: run.experimentId }} className="ck-crumb" title={run.experimentName}>
          {run.experimentName}
        </ViewLink>
        {run.parentRunId && (
          <>
            <span aria-hidden="true">/</span>
            <ViewLink to={{ view: 'run', id: run.parentRunId }} className="ck-crumb">
              {t('parent run')}
            </ViewLink>
          </>
        )}
      </nav>
      <div className="ck-run-title">
        <i className="ck-run-swatch" style={{ background: runColour(run.id) }} aria-hidden="true" />
        <h1 title={run.name}>
          <InlineEdit
            value={run.name}
            label={t('Name of the run')}
            isEditing={isRenaming}
            onEditing={onRenaming}
            onSave={(name) => void actions.rename(run, name)}
          />
        </h1>
        {!isRenaming && mayWrite && (
          <button type="button" className="ck-icon-btn" aria-label={t('Rename')} title={t('Rename (e)')} onClick={() => onRenaming(true)}>
            <Icon name="pencil" size={14} />
          </button>
        )}
        <span className="ck-run-state" data-status={isDeleted ? 'deleted' : run.status}>
          <StatusText run={run} />
        </span>
        <ViewLink to={{ view: 'run', id: run.id, tab: 'notebook' }} className="ck-verdict-link">
          <VerdictBadge verdict={run.verdict} />
        </ViewLink>
        <RunLiveness run={run} />
        <span className="ck-grow" />
        <Onlookers people={onlookers} />
        <div className="ck-run-actions">
          {run.status === 'running' && !isDeleted && mayWrite && (
            <button type="button" className="ck-btn" onClick={() => void actions.stop(run)}>
              <Icon name="stop" size={14} /> {t('Stop')}
            </button>
          )}
          {isDeleted && mayWrite && (
            <button type="button" className="ck-btn ck-primary" onClick={() => void actions.restore([run.id])}>
              <Icon name="undo" size={14} /> {t('Restore')}
            </button>
          )}
          {!isDeleted && <CompareButton run={run} />}
          {!isDeleted && mayWrite && (
            <>
              <AddToReport blocks={() => blocksOfRuns([run])} />
              <TagButton onTag={(key, value) => actions.tag([run.id], key, value)} />
              <button
                type="button"
                className="ck-icon-btn"
                aria-label={t('Delete the run')}
                title={t('Delete the run; it can be restored')}
                onClick={() => void actions.delete([run.id])}
              >
                <Icon name="bin" size={15} />
              </button>
            </>
          )}
          <CopyButton text={run.id} label={t('Copy the id of the run')} />
          <KeysHelp keys={keyHints} scope={scope} />
        </div>
      </div>
      <RunFacts run={run} />
      {isDeleted && (
        <p className="ck-run-note" role="status">
          <Icon name="bin" size={14} /> {t('This run is deleted: it is in no list and no search until it is restored.')}
        </p>
      )}
      {run.status === 'lost' && (
        <p className="ck-run-note ck-warned" role="status">
          <Icon name="warn" size={14} />{' '}
          {t('The process that logged this run stopped without a word. What it had sent is kept; a process that comes back goes on.')}
        </p>
      )}
    </header>
  );
}

/** "Compare with…": the other run is chosen where the button is. */
function CompareButton({ run }: { run: Run }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button ref={button} type="button" className="ck-btn" aria-haspopup="dialog" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        <Icon name="compare" size={14} /> {t('Compare with…')}
      </button>
      {isOpen && (
        <RunPicker
          anchor={button}
          experimentIds={[run.experimentId]}
          chosen={[run.id]}
          action={t('Compare')}
          onClose={() => setOpen(false)}
          onChoose={(ids) => host.navigate({ view: 'compare', runIds: [run.id, ...ids] })}
        />
      )}
    </>
  );
}
