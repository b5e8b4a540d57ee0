/** A canary on its way: which step, how long it takes, whether it stays within its limits; and what ended it. */
import type { Release } from '@cellkeep/schema/deployment';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { formatDuration } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { Took } from '../../look/Time.tsx';
import { Section } from '../../tracking/run/Section.tsx';
import { formatShare } from '../numbers.ts';
import { SureButton } from '../SureButton.tsx';
import type { EndpointActions } from './useEndpointActions.ts';

export function CanaryCard({ release, actions }: { release: Release; actions: EndpointActions }): ReactElement | null {
  const t = useTranslate();
  const { plan, canary, role, version } = release;
  if (!plan) return null;
  const isOver = role !== 'canary';
  const step = canary?.step ?? 0;
  const verdict = canary?.verdict ?? 'waiting';
  const words: Record<typeof verdict, string> = {
    waiting: t('waiting for enough requests'),
    within: t('within its limits'),
    'rolled-back': t('rolled back'),
    done: t('done'),
  };
  // The server's sentence may begin with the verdict that stands before it.
  const reason = canary?.reason?.replace(/^rolled back /, '');
  const limits = [
    t('at least {n} requests a step', { n: plan.minRequests }),
    t('errors ≤ {share}', { share: formatShare(plan.maxErrorShare) }),
    t('p95 ≤ {ratio} × live', { ratio: plan.maxP95Ratio }),
    plan.maxDrift !== null && t('drift ≤ {psi}', { psi: plan.maxDrift }),
    plan.minFeedbackRatio !== null && t('feedback ≥ {ratio} × live', { ratio: plan.minFeedbackRatio }),
  ].filter(Boolean);
  return (
    <Section title={t('Canary v{version}', { version })}>
      <ol className="ck-canary-steps" aria-label={t('Steps of the canary')}>
        {plan.steps.map((share, i) => (
          <li
            key={share}
            data-at={!isOver && i === step ? '' : undefined}
            data-failed={verdict === 'rolled-back' && i === step ? '' : undefined}
            data-done={i < step || verdict === 'done' ? '' : undefined}
            aria-current={!isOver && i === step ? 'step' : undefined}
          >
            {formatShare(share)}
          </li>
        ))}
      </ol>
      <p className="ck-canary-state" data-verdict={verdict} role="status">
        <b className="ck-canary-verdict">{words[verdict]}</b>
        {!isOver && canary && (
          <span className="ck-dim">
            {' '}
            <Took from={canary.stepStartedAt} to={null} /> {t('of')} {formatDuration(plan.stepSeconds * 1_000)}
          </span>
        )}
        {reason && <span className="ck-canary-reason"> · {reason}</span>}
      </p>
      <p className="ck-faint ck-canary-limits">{limits.join(' · ')}</p>
      {!isOver && actions.mayChange && (
        <div className="ck-promote-buttons">
          <button type="button" className="ck-btn ck-primary" onClick={() => void actions.finishCanary(release)}>
            <Icon name="check" size={14} /> {t('Finish: all the traffic now')}
          </button>
          <SureButton
            label={t('Take it back')}
            sure={t('No more traffic for v{version}', { version })}
            icon="undo"
            onSure={() => void actions.retire(release)}
          />
        </div>
      )}
    </Section>
  );
}
