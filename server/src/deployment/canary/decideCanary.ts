/**
 * Whether a canary goes on, waits or goes back: a pure function of its plan and of what was counted since its step began. It goes back as
 * soon as a limit is broken, and on when the step's time is over and everything is within its limits. What cannot be judged yet (too few
 * requests of the live ones, no feedback) breaks no limit.
 */
import type { CanaryPlan, CanaryState } from '@cellkeep/schema/deployment';
import { latencyQuantile } from '../predictionLog/index.ts';
import type { ReleaseCounts } from '../traffic/counts.ts';
import type { Drift } from './driftBetween.ts';

type Counts = Pick<ReleaseCounts, 'requests' | 'serverErrors' | 'latencies'>;

export interface Observed {
  canary: Counts;
  /** Of all live ones together. */
  live: Counts;
  /** Of the canary's predictions against the live ones'; null: too few, or none that can be compared. */
  drift: Drift | null;
  feedback: { canary: { n: number; mean: number }; live: { n: number; mean: number } };
}

export type CanaryDecision =
  | { verdict: 'wait'; state: CanaryState['verdict']; reason: string }
  | { verdict: 'step'; step: number }
  | { verdict: 'finish' }
  | { verdict: 'roll-back'; reason: string };

/** Answers of people before their mean is judged. */
const ENOUGH_FEEDBACK = 20;
/** A plan is looked at hundreds of times: so many deviations from chance must be within a limit, or beyond it, before it is judged. */
const DRIFT_DEVIATIONS = 6;
const LATENCY_DEVIATIONS = 3;
/** Of a limit of less, chance is never a sixth. */
const LEAST_LIMIT = 0.01;

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

/** Only beyond chance: the least that the canary's p95 may be stands against the most that the live ones' may be. */
function slower({ minRequests, maxP95Ratio }: CanaryPlan, canary: Counts, live: Counts): string | null {
  if (live.requests < minRequests) return null;
  const [own, theirs] = [p95Within(canary.latencies), p95Within(live.latencies)];
  if (own === null || theirs?.high == null) return null;
  const ratio = own.low / theirs.high;
  return ratio > maxP95Ratio
    ? `p95 is ${short(own.p95 / theirs.p95)} times that of the live ones, and ${short(ratio)} times at least (${short(own.p95 / 1_000)} ms against ${short(theirs.p95 / 1_000)} ms); ${maxP95Ratio} are allowed`
    : null;
}

/**
 * The 95th percentile of n latencies lies between their order statistics of rank 0.95 n ± z √(n · 0.95 · 0.05), whatever their
 * distribution (David and Nagaraja, Order Statistics, 3rd ed., 2003, section 7.1). `high` is null where that rank is beyond the greatest:
 * below 171 requests.
 */
function p95Within(latencies: readonly number[]): { low: number; p95: number; high: number | null } | null {
  const n = latencies.reduce((total, count) => total + Number(count), 0);
  const deviation = LATENCY_DEVIATIONS * Math.sqrt((0.95 * 0.05) / n);
  const [low, p95] = [latencyQuantile(latencies, Math.max(0, 0.95 - deviation)), latencyQuantile(latencies, 0.95)];
  if (low === null || p95 === null) return null;
  return { low, p95, high: 0.95 + deviation > 1 ? null : latencyQuantile(latencies, 0.95 + deviation) };
}

function drifted({ maxDrift }: CanaryPlan, drift: Drift | null): string | null {
  if (maxDrift === null || drift === null || drift.index <= maxDrift) return null;
  if (drift.noise * DRIFT_DEVIATIONS > Math.max(maxDrift, LEAST_LIMIT)) return null;
  return `its predictions spread otherwise: a stability index of ${short(drift.index)} against the live ones; ${maxDrift} is allowed`;
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
