/** The steps of a promotion, always all of them and in their order. */
import type { Promotion, PromotionStep, StepState } from '@cellkeep/schema/deployment';

const STEPS: readonly PromotionStep[] = ['snapshot', 'export', 'check', 'register', 'serve'];
const ENDS: readonly StepState['status'][] = ['done', 'failed', 'skipped'];

type Steps = Promotion['steps'];
export type StepChange = Pick<StepState, 'step'> & Partial<StepState>;

/** @param skipped those that will not be taken, with the reason */
export function firstSteps(skipped: Partial<Record<PromotionStep, string>>): Steps {
  return STEPS.map((step) => {
    const text = skipped[step];
    return { step, status: text === undefined ? 'waiting' : 'skipped', text: text ?? '', startedAt: null, endedAt: null };
  });
}

/**
 * What is not said stays; a step that begins or ends gets the time `now` where its teller gave none. One that is under way began when it
 * was told first: a process that hands it to another, in the model's own environment, has built that environment meanwhile.
 */
export function changeSteps(before: Steps, changes: readonly StepChange[], now: number): Steps {
  return before.map((step) => {
    const change = changes.findLast((one) => one.step === step.step);
    if (!change) return step;
    const said = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined && value !== null));
    const told: StepState = { ...step, ...said };
    const after = { ...told, startedAt: (step.status === 'running' ? step.startedAt : null) ?? told.startedAt };
    if (after.status === 'waiting') return { ...after, startedAt: null, endedAt: null };
    if (after.status === 'running') return { ...after, startedAt: after.startedAt ?? now, endedAt: null };
    return { ...after, startedAt: after.startedAt ?? (after.status === 'skipped' ? null : now), endedAt: after.endedAt ?? now };
  });
}

/** Nothing more will be done: what was under way did not come to its end, and what waited is not begun. */
export function endSteps(before: Steps, reason: string, now: number): Steps {
  const text = reason.slice(0, 1_000);
  // One that has failed already is where it ended: those behind it were not begun.
  const isFound = before.some(({ status }) => status === 'running' || status === 'failed');
  const first = isFound ? null : before.find(({ status }) => status === 'waiting')?.step;
  return before.map((step) => {
    if (ENDS.includes(step.status)) return step;
    const hasFailed = step.status === 'running' || step.step === first;
    return { ...step, status: hasFailed ? 'failed' : 'skipped', text: hasFailed ? text : '', endedAt: now };
  });
}
