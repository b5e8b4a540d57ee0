/** Can this run be made again? Asks the server to do it, shows how far it is, what came of it, and what came of it before. */
import type { Verdict, VerifyOptions } from '@cellkeep/schema/design';
import type { Run } from '@cellkeep/schema/tracking';
import { useQueryClient } from '@tanstack/react-query';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useHost, useTranslate } from '../../host.ts';
import { keys } from '../../live/cache.ts';
import { Icon } from '../../look/icons.tsx';
import { ErrorState, errorText, Skeleton } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { isOpenVerdict, putVerdict, useDesign, useVerdicts } from '../queries.ts';
import { stageWord } from './differenceText.ts';
import { defaultsOf, OptionsForm } from './OptionsForm.tsx';
import { Schedule } from './Schedule.tsx';
import { statusWord, verdictMark } from './VerdictBadge.tsx';
import { VerdictResult } from './VerdictResult.tsx';

export function VerifyPanel({
  run,
  canRun,
  onShow,
}: {
  run: Run;
  canRun: boolean;
  onShow: ((cellId: string) => void) | null;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const cache = useQueryClient();
  const { verdicts: operations } = useDesign();
  const { data, error, refetch } = useVerdicts(run.id);
  const [options, setOptions] = useState<VerifyOptions>(defaultsOf);
  const [chosen, setChosen] = useState<string | null>(null);
  const [isAsking, setAsking] = useState(false);
  const mayWrite = useMayWrite();
  useFreshRun(run.id, data?.verdicts);

  const ask = async (work: () => Promise<Verdict>) => {
    setAsking(true);
    try {
      putVerdict(cache, await work());
      setChosen(null);
    } catch (failure) {
      host.notify(errorText(failure, t), 'error');
    } finally {
      setAsking(false);
    }
  };
  if (!data) return error ? <ErrorState error={error} onRetry={() => void refetch()} /> : <Skeleton rows={6} />;
  const open = data.verdicts.find(isOpenVerdict);
  const done = data.verdicts.filter((verdict) => !isOpenVerdict(verdict));
  const shown = done.find(({ id }) => id === chosen) ?? done[0];
  return (
    <div className="ck-nb-verify">
      <p className="ck-dim">
        {t('Verify builds the environment anew, executes the snapshot without anybody, and compares metrics, outputs and predictions.')}
      </p>
      {open ? (
        <Progress verdict={open} isBusy={isAsking} onCancel={mayWrite ? () => void ask(() => operations.cancel({ id: open.id })) : null} />
      ) : !mayWrite ? (
        <p className="ck-run-note">
          <Icon name="eye" size={14} />{' '}
          {t('You may look at verdicts. To verify a run, ask an owner of this workspace for the role editor.')}
        </p>
      ) : (
        <>
          <OptionsForm options={options} metrics={Object.keys(run.metrics)} onChange={setOptions} />
          <div className="ck-nb-verify-go">
            <button
              type="button"
              className="ck-btn ck-primary"
              disabled={isAsking || !canRun}
              onClick={() => void ask(() => operations.start({ runId: run.id, where: 'server', options }))}
            >
              <Icon name="play" size={14} /> {t('Verify')}
            </button>
            {!canRun && <span className="ck-dim">{t('There is no record of what ran, so nothing can be executed again.')}</span>}
          </div>
        </>
      )}
      {shown ? <VerdictResult verdict={shown} onShow={onShow} /> : !open && <p className="ck-run-none">{t('Not checked yet.')}</p>}
      {done.length > 1 && (
        <details className="ck-nb-part">
          <summary>
            <h3>{t('Before')}</h3>
            <span className="ck-tab-count">{done.length - 1}</span>
          </summary>
          <ul className="ck-nb-verdicts">
            {done.map((verdict) => (
              <li key={verdict.id}>
                <button type="button" className="ck-link" aria-pressed={verdict === shown} onClick={() => setChosen(verdict.id)}>
                  <span className="ck-verdict" data-verdict={verdict.status}>
                    <span aria-hidden="true">{verdictMark(verdict.status)}</span> {statusWord(verdict.status, t)}
                  </span>{' '}
                  <Ago at={verdict.askedAt} /> · {verdict.scheduleId ? t('by the clock') : verdict.askedBy} ·{' '}
                  {verdict.options.how === 'order' ? t('all, in order') : t('only its slice')}
                </button>
              </li>
            ))}
          </ul>
        </details>
      )}
      <Schedule runId={run.id} options={options} canRun={canRun} />
    </div>
  );
}

function Progress({ verdict, isBusy, onCancel }: { verdict: Verdict; isBusy: boolean; onCancel: (() => void) | null }): ReactElement {
  const t = useTranslate();
  const { stage, done, total, text } = verdict.progress;
  const words = `${stageWord(stage, t)}${total > 0 ? ` ${done} / ${total}` : ''}`;
  return (
    <div className="ck-nb-progress">
      <p role="status">
        <b>{words}</b> {text && <span className="ck-dim">{text}</span>}
      </p>
      <progress aria-label={t('How far the verification is')} {...(total > 0 ? { value: done, max: total } : {})} />
      {onCancel && (
        <button type="button" className="ck-btn ck-small" disabled={isBusy} onClick={onCancel}>
          <Icon name="stop" size={13} /> {t('Stop it')}
        </button>
      )}
    </div>
  );
}

/** The run's own badge follows when a verification ends. */
function useFreshRun(runId: string, verdicts: readonly Verdict[] | undefined): void {
  const cache = useQueryClient();
  const newest = verdicts?.find((verdict) => !isOpenVerdict(verdict))?.id;
  const before = useRef(newest);
  useEffect(() => {
    if (before.current !== newest && verdicts) void cache.invalidateQueries({ queryKey: keys.run(runId) });
    before.current = newest;
  }, [cache, runId, newest, verdicts]);
}
