/** Canaries go on and back by their plans, on one of the servers: whoever locks the endpoint first finds the step as it was judged. */
import type { CanaryState } from '@cellkeep/schema/deployment';
import type { JSONValue } from 'postgres';
import type { Services } from '../../core/context.ts';
import { tell } from '../endpoints/change.ts';
import type { Seen } from '../endpoints/readEndpoints.ts';
import { endCanary, inTraffic, type Standing, stepCanary, takeAll } from '../releases/moves.ts';
import type { ReleaseRow } from '../releases/releaseRows.ts';
import { moveByItself } from '../releases/settle.ts';
import { type CanaryDecision, decideCanary } from './decideCanary.ts';
import { observeCanary } from './observeCanary.ts';

type Deps = Pick<Services, 'sql' | 'blobs' | 'live' | 'log'>;

/** @param rows releases of one endpoint that are loaded */
export async function stepCanaryOf(services: Deps, seen: Seen, workspaceId: string, rows: readonly ReleaseRow[]): Promise<void> {
  const canary = rows.find(({ role }) => role === 'canary');
  if (!canary?.plan || !canary.canary) return;
  const { plan, canary: state } = canary;
  const observed = await observeCanary(services, {
    workspaceId,
    endpointId: canary.endpointId,
    canary: {
      id: canary.id,
      loggedModelId: canary.loggedModelId,
      stepStartedAt: state.stepStartedAt,
      liveAt: canary.liveAt?.getTime() ?? 0,
    },
    live: inTraffic(rows).filter(({ role }) => role === 'live'),
  });
  const decision = decideCanary(plan, state, observed, seen.now());
  if (decision.verdict === 'wait') return remember(services, seen, canary, { ...state, verdict: decision.state, reason: decision.reason });
  const isSameStep = (standings: readonly Standing[]) =>
    standings.some(
      ({ id, role, canary: now }) =>
        id === canary.id && role === 'canary' && now?.step === state.step && now.stepStartedAt === state.stepStartedAt,
    );
  await moveByItself(services, seen, canary, {
    ...said(decision),
    move: (standings) => (isSameStep(standings) ? moved(standings, canary.id, decision, seen.now()) : null),
  });
}

function said(decision: Exclude<CanaryDecision, { verdict: 'wait' }>): { what: string; data?: Record<string, unknown> } {
  if (decision.verdict === 'step') return { what: 'release.canary-stepped', data: { step: decision.step } };
  if (decision.verdict === 'finish') return { what: 'release.canary-finished', data: { by: 'plan' } };
  return { what: 'release.rolled-back', data: { reason: decision.reason } };
}

function moved(standings: Standing[], id: string, decision: Exclude<CanaryDecision, { verdict: 'wait' }>, at: number): Standing[] {
  if (decision.verdict === 'step') return stepCanary(standings, id, decision.step, at);
  return decision.verdict === 'finish' ? takeAll(standings, id, at) : endCanary(standings, id, at, decision.reason);
}

/** How the step goes: no change that hosts or the log need. */
async function remember(services: Deps, seen: Seen, { id, endpointId, canary: before }: ReleaseRow, state: CanaryState): Promise<void> {
  if (before?.verdict === state.verdict && before.reason === state.reason) return;
  const changed = await services.sql`
    update releases set canary = ${services.sql.json(state as unknown as JSONValue)}
    where id = ${id} and role = 'canary' and (canary ->> 'stepStartedAt')::float8 = ${state.stepStartedAt} returning id`;
  if (changed.length > 0) await tell(services, seen, endpointId, [id]);
}
