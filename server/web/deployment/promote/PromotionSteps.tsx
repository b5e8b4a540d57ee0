import type { Promotion, PromotionStep, StepState } from '@cellkeep/schema/deployment';
import type { ReactElement } from 'react';
import { type KernelPromotionNews, type Translate, useTranslate } from '../../host.ts';
import { Took } from '../../look/Time.tsx';
import { STEP_MARKS, stepWord } from '../words.ts';

const ORDER: readonly PromotionStep[] = ['snapshot', 'export', 'check', 'register', 'serve'];

/** Five lines that tick off. A line has its room from the first moment, so that nothing moves while they do. */
export function PromotionSteps({
  promotion,
  news = [],
}: {
  promotion: Pick<Promotion, 'steps' | 'options'> | null;
  /** What the kernel said, while the server has said nothing. */
  news?: KernelPromotionNews['steps'] | undefined;
}): ReactElement {
  const t = useTranslate();
  const lines = ORDER.filter((step) => step !== 'serve' || promotion?.options.serve !== false).map(
    (step): StepState =>
      promotion?.steps.find((one) => one.step === step) ?? {
        ...(news.find((one) => one.step === step) ?? { step, status: 'waiting', text: '' }),
        startedAt: null,
        endedAt: null,
      },
  );
  return (
    <ol className="ck-steps" aria-label={t('Steps of the promotion')}>
      {lines.map((line) => (
        <li key={line.step} data-status={line.status} data-step={line.step}>
          <span className="ck-step-mark" data-mood={STEP_MARKS[line.status].mood} aria-hidden="true">
            {STEP_MARKS[line.status].mark}
          </span>
          <b>{nameOf(line.step, t)}</b>
          <span className="ck-spoken">{stepWord(line.status, t)}</span>
          <span className="ck-step-text" title={line.text}>
            {line.text}
          </span>
          {line.startedAt !== null && line.status !== 'waiting' && (
            <span className="ck-step-time">
              <Took from={line.startedAt} to={line.endedAt} />
            </span>
          )}
        </li>
      ))}
    </ol>
  );
}

function nameOf(step: PromotionStep, t: Translate): string {
  return { snapshot: t('Snapshot'), export: t('Export'), check: t('Check'), register: t('Register'), serve: t('Serve') }[step];
}
