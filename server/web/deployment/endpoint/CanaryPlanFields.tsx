import type { CanaryPlan } from '@cellkeep/schema/deployment';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';

/** The defaults of the contract (schema/src/deployment/endpoint.ts); CanaryPlanFields.test.ts holds them together. */
export const FIRST_PLAN: CanaryPlan = {
  steps: [0.05, 0.25, 0.5, 1],
  stepSeconds: 300,
  minRequests: 50,
  maxErrorShare: 0.01,
  maxP95Ratio: 1.5,
  maxDrift: 0.25,
  minFeedbackRatio: null,
};

/** `5, 25, 50, 100` in percent, ascending; null where it is something else. */
export function readSteps(text: string): number[] | null {
  const steps = text
    .split(/[\s,;→%]+/)
    .filter(Boolean)
    .map((part) => Number(part) / 100);
  const isAscending = steps.every((step, i) => step > 0 && step <= 1 && (i === 0 || step > (steps[i - 1] ?? 0)));
  return steps.length > 0 && steps.length <= 50 && isAscending ? steps : null;
}

/** Steps, and the limits that it must stay within at each. */
export function CanaryPlanFields({ plan, onChange }: { plan: CanaryPlan; onChange: (plan: CanaryPlan) => void }): ReactElement {
  const t = useTranslate();
  const [text, setText] = useState(() => plan.steps.map((step) => Math.round(step * 1e4) / 100).join(', '));
  const isWrong = readSteps(text) === null;
  const number = (key: keyof CanaryPlan, label: string, unit: string, scale = 1, isOptional = false) => {
    const value = plan[key] as number | null;
    return (
      <label>
        <span>{label}</span>
        <input
          className="ck-field"
          type="number"
          min={0}
          step="any"
          value={value === null ? '' : Math.round(value * scale * 1e6) / 1e6}
          placeholder={isOptional ? t('not judged') : undefined}
          onChange={(event) => {
            const next = event.target.value === '' ? null : Number(event.target.value) / scale;
            if (next !== null || isOptional) onChange({ ...plan, [key]: next });
          }}
        />
        <span className="ck-faint">{unit}</span>
      </label>
    );
  };
  return (
    <fieldset className="ck-plan">
      <legend>{t('Canary plan')}</legend>
      <label>
        <span>{t('Steps')}</span>
        <input
          className="ck-field"
          value={text}
          aria-invalid={isWrong}
          title={t('Shares of the traffic in percent, ascending')}
          onChange={(event) => {
            setText(event.target.value);
            const steps = readSteps(event.target.value);
            if (steps) onChange({ ...plan, steps });
          }}
        />
        <span className="ck-faint">%</span>
      </label>
      {number('stepSeconds', t('Each step takes'), t('s'))}
      {number('minRequests', t('and at least'), t('requests'))}
      {number('maxErrorShare', t('Errors at most'), '%', 100)}
      {number('maxP95Ratio', t('p95 at most'), t('× of the live ones'))}
      {number('maxDrift', t('Drift of answers at most'), t('PSI'), 1, true)}
      {number('minFeedbackRatio', t('Feedback at least'), t('× of the live ones'), 1, true)}
      {isWrong && <p className="ck-field-wrong">{t('Percents, ascending, like 5, 25, 50, 100.')}</p>}
    </fieldset>
  );
}
