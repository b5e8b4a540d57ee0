/**
 * Whether a canary goes on, waits or goes back: a pure function of its plan and of what was counted since its step began. It goes back as
 * soon as a limit is broken, and on when the step's time is over and everything is within its limits. What cannot be judged yet (too few
 * requests of the live ones, no feedback) breaks no limit.
 */
import type { CanaryPlan, CanaryState } from '@cellkeep/schema/deployment';
import { latencyQuantile } from '../predictionLog/index.ts';
import type { ReleaseCounts } from '../traffic/counts.ts';

type Counts = Pick<ReleaseCounts, 'requests' | 'serverErrors' | 'latencies'>;

export interface Observed {
  canary: Counts;
  /** Of all live ones together. */
  live: Counts;
  /** Population stability index of the canary's predictions against the live ones'; null: too few, or none that can be compared. */
  drift: number | null;
  feedback: { canary: { n: number; mean: number }; live: { n: number; mean: number } };
}

export type CanaryDecision =
  | { verdict: 'wait'; state: CanaryState['verdict']; reason: string }
  | { verdict: 'step'; step: number }
  | { verdict: 'finish' }
  | { verdict: 'roll-back'; reason: string };

/** Answers of people before their mean is judged. */
const ENOUGH_FEEDBACK = 20;

export function decideCanary(plan: CanaryPlan, state: CanaryState, observed: Observed, now: number): CanaryDecision {
  const broken = brokenLimit(plan, observed);
  if (broken) return { verdict: 'roll-back', reason: broken };
  const { requests } = observed.canary;
  if (requests < plan.minRequests) return { verdict: 'wait', state: 'waiting', reason: `${requests} of ${plan.minRequests} requests` };
  if (now - state.stepStartedAt < plan.stepSeconds * 1_000) return { verdict: 'wait', state: 'within', reason: '' };
  const next = plan.steps[state.step + 1];
  return next === undefined || next >= 1 ? { verdict: 'finish' } : { verdict: 'step', step: state.step + 1 };
}

function brokenLimit(plan: CanaryPlan, { canary, live, drift, feedback }: Observed): string | null {
  // Also before the step has its requests: so many errors are too many, whatever comes after them.
  const errorShare = canary.serverErrors / Math.max(canary.requests, plan.minRequests);
  if (errorShare > plan.maxErrorShare) {
    return `${canary.serverErrors} of ${canary.requests} answers were errors; ${percent(plan.maxErrorShare)} are allowed`;
  }
  if (canary.requests < plan.minRequests) return null;
  return slower(plan, canary, live) ?? drifted(plan, drift) ?? worse(plan, feedback);
}

function slower(plan: CanaryPlan, canary: Counts, live: Counts): string | null {
  const [own, theirs] = [latencyQuantile(canary.latencies, 0.95), latencyQuantile(live.latencies, 0.95)];
  if (own === null || theirs === null || live.requests < plan.minRequests) return null;
  const ratio = own / theirs;
  return ratio > plan.maxP95Ratio
    ? `p95 is ${short(ratio)} times that of the live ones (${short(own / 1_000)} ms against ${short(theirs / 1_000)} ms); ${plan.maxP95Ratio} are allowed`
    : null;
}

function drifted({ maxDrift }: CanaryPlan, drift: number | null): string | null {
  if (maxDrift === null || drift === null || drift <= maxDrift) return null;
  return `its predictions spread otherwise: a stability index of ${short(drift)} against the live ones; ${maxDrift} is allowed`;
}

function worse({ minFeedbackRatio }: CanaryPlan, { canary, live }: Observed['feedback']): string | null {
  if (minFeedbackRatio === null || canary.n < ENOUGH_FEEDBACK || live.n < ENOUGH_FEEDBACK || live.mean <= 0) return null;
  const ratio = canary.mean / live.mean;
  return ratio < minFeedbackRatio
    ? `its mean feedback is ${short(canary.mean)}, ${short(ratio)} times the live ones’ ${short(live.mean)}; at least ${minFeedbackRatio} is wanted`
    : null;
}

const short = (value: number) => String(Number(value.toPrecision(3)));
const percent = (share: number) => `${short(share * 100)} %`;
