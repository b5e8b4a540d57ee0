import type { Evaluation, EvaluationSet } from '@cellkeep/schema/registry';
import { type ReactElement, useRef } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { Popover } from '../../look/Popover.tsx';
import { Ago } from '../../look/Time.tsx';
import { useTrusting } from '../../look/TrustQuestion.tsx';
import { registryKeys } from '../queries.ts';

/** Whether a version was asked with a set, and the button that asks it. */
export function EvaluationState({
  set,
  version,
  evaluation,
  canStart,
}: {
  set: EvaluationSet;
  version: number;
  /** The newest; null: none. */
  evaluation: Evaluation | null;
  canStart: boolean;
}): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const { attempt, question, refuse } = useTrusting(registryKeys.all);
  const button = useRef<HTMLButtonElement>(null);
  const start = (label: string) =>
    canStart && (
      <>
        <button
          ref={button}
          type="button"
          className="ck-btn ck-small"
          aria-label={t('Evaluate v{version} on {set}', { version, set: set.name })}
          onClick={() => void attempt((trustUser) => client.registry.evaluations.start({ setId: set.id, version, trustUser }))}
        >
          {label}
        </button>
        {question && (
          <Popover anchor={button} onClose={refuse} label={t('Whose code is it?')} className="ck-trust-popover">
            {question}
          </Popover>
        )}
      </>
    );
  if (!evaluation) return start(t('Evaluate')) || <span className="ck-faint">{t('not measured')}</span>;
  if (evaluation.status === 'queued') return <span className="ck-dim">{t('waiting…')}</span>;
  if (evaluation.status === 'running') return <span className="ck-running">● {t('measuring…')}</span>;
  if (evaluation.status === 'failed') {
    return (
      <span className="ck-failed-evaluation">
        <span className="ck-bad" title={evaluation.error ?? ''}>
          ✕ {t('failed')}
          <span className="ck-spoken">: {evaluation.error}</span>
        </span>{' '}
        {start(t('Again'))}
      </span>
    );
  }
  return (
    <span className="ck-dim">
      <Ago at={evaluation.at} />
    </span>
  );
}
