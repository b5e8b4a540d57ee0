/**
 * The last steps of a promotion, which the server takes: the version is registered where it is not yet, the endpoint and the release are made,
 * and once that is live the alias moves. Each of them may be done again after a server that died amid them; what they made is taken back
 * where it does not succeed. The alias is not: it moves last, and whether its gate lets it is looked at first.
 */
import { endpointCreate } from '@cellkeep/schema/deployment';
import type { CallContext } from '../../core/context.ts';
import { isFailure } from '../../core/failure.ts';
import { createModel, createVersion, requireMayPoint, requireModel, setAlias } from '../../registry/index.ts';
import { createEndpoint, deleteEndpoint } from '../endpoints/changeEndpoints.ts';
import type { Seen } from '../endpoints/readEndpoints.ts';
import { createRelease, retireRelease } from '../releases/changeReleases.ts';
import { changePromotion, endedAs } from './changePromotion.ts';
import { isOpen, type PromotionRow } from './promotionRows.ts';
import { requireServed } from './promotionSource.ts';
import { changeSteps } from './promotionSteps.ts';

type Step = (context: CallContext, row: PromotionRow, seen: Seen) => Promise<PromotionRow>;
const at = (row: PromotionRow) => ({ workspaceId: row.workspaceId, id: row.id });

/** @returns as it is then; ended, where nothing is to be served, or where somebody ended it meanwhile */
export const beginServing: Step = async (context, first, seen) => {
  let row = first;
  for (const step of [register, askGate, makeEndpoint, makeRelease]) {
    if (!isOpen(row)) return row;
    row = await step(context, row, seen);
  }
  return row;
};

const register: Step = async (context, row) => {
  if (row.version !== null) return row;
  await tellStep(context, row, { step: 'register', status: 'running' });
  const { name } = await modelNamed(context, row.modelName);
  const source = row.source.kind === 'version' ? `models:/${row.source.modelName}/${row.source.version}` : undefined;
  const { version } = await createVersion(context, { name, source, loggedModelId: row.loggedModelId ?? undefined });
  const text = `version ${version} of ${row.modelName}`;
  return changePromotion(context, at(row), (before) => ({
    version,
    steps: isOpen(before) ? changeSteps(before.steps, [{ step: 'register', status: 'done', text }], context.now()) : before.steps,
  }));
};

async function modelNamed(context: CallContext, name: string): Promise<{ name: string }> {
  const { sql, caller } = context;
  const isThere = async () => requireModel(sql, caller.workspaceId, name);
  return isThere().catch(async (error: unknown) => {
    if (!isFailure(error) || error.code !== 'NOT_FOUND') throw error;
    // Somebody may have made it in this moment.
    return createModel(context, { name }).catch((taken: unknown) =>
      isFailure(taken) && taken.code === 'CONFLICT' ? isThere() : Promise.reject(taken),
    );
  });
}

/** Before anything is served: where a gate holds the alias back, nothing is. Of a release that is there already it was asked. */
const askGate: Step = async (context, row) => {
  const { options, version, modelName, hasRelease } = row;
  if (options.alias === null || version === null || hasRelease) return row;
  await requireMayPoint(context, { name: modelName, alias: options.alias, version });
  return row;
};

const makeEndpoint: Step = async (context, row, seen) => {
  const { endpoint, options, version, modelName } = row;
  if (!options.serve || endpoint === null || version === null) return conclude(context, row, '');
  await requireServed(context.sql, context.caller, { modelName, version, trustUser: row.trustUser });
  const told = await tellStep(context, row, { step: 'serve', status: 'running', text: 'making the endpoint' });
  if (await isThere(context, endpoint)) return told;
  // Said before it is done: a server that dies between both leaves something to look for, not something that nobody knows of.
  const known = await changePromotion(context, at(row), ({ made }) => ({ made: { ...made, endpoint: true } }));
  try {
    await createEndpoint(context, seen, endpointCreate.parse({ name: endpoint }));
    return known;
  } catch (error) {
    if (!(await isThere(context, endpoint))) throw error;
    return changePromotion(context, at(row), ({ made }) => ({ made: { ...made, endpoint: false } })); // somebody was faster
  }
};

async function isThere({ sql, caller }: CallContext, name: string): Promise<boolean> {
  const [row] = await sql`
    select id from endpoints where name = ${name} and workspace_id = ${caller.workspaceId} and deleted_at is null`;
  return row !== undefined;
}

const makeRelease: Step = async (context, row, seen) => {
  const { endpoint, options, version, modelName, releaseId, hasRelease } = row;
  if (hasRelease || releaseId === null || endpoint === null || version === null) return row;
  const { how, plan } = options;
  const trustUser = row.trustUser ?? undefined;
  await createRelease(context, seen, { id: releaseId, endpoint, modelName, version, how, plan, header: null, trustUser });
  return tellStep(context, row, { step: 'serve', status: 'running', text: 'warming up' });
};

/** What nobody wants any more keeps its steps as they ended. */
export function tellStep(
  context: CallContext,
  row: PromotionRow,
  change: Parameters<typeof changeSteps>[1][number],
): Promise<PromotionRow> {
  return changePromotion(context, at(row), (before) => {
    const known = before.steps.find(({ step }) => step === change.step);
    const isSaid = known?.status === change.status && (change.text === undefined || known?.text === change.text);
    return isOpen(before) && !isSaid ? { steps: changeSteps(before.steps, [change], context.now()) } : null;
  });
}

/**
 * It has succeeded: the alias moves, and it is done. Where the gate has changed its mind meanwhile the alias stays, and that is said; what
 * serves by then goes on serving, since gates hold back aliases, not releases.
 * @param address where it serves; empty: it was only to be registered
 */
export async function conclude(context: CallContext, row: PromotionRow, address: string): Promise<PromotionRow> {
  const { alias } = row.options;
  if (isOpen(row) && alias !== null && row.version !== null) {
    try {
      await setAlias(context, { name: row.modelName, alias, version: row.version });
    } catch (error) {
      if (!isFailure(error) || error.code === 'SERVICE_UNAVAILABLE') throw error;
      const why = error.data.issues.map(({ reason }) => reason).join('; ') || error.message;
      const reason = `${address === '' ? 'it is registered' : `it serves at ${address}`}, and the alias ${alias} was not moved: ${why}`;
      return changePromotion(context, at(row), (before) =>
        isOpen(before) ? { ...endedAs(before, 'failed', reason, context.now()), made: null } : null,
      );
    }
  }
  return changePromotion(context, at(row), (before) => {
    if (!isOpen(before)) return null;
    const steps = address === '' ? [] : [{ step: 'serve' as const, status: 'done' as const, text: address }];
    return { status: 'done', made: null, steps: changeSteps(before.steps, steps, context.now()) };
  });
}

export function giveUp(context: CallContext, row: PromotionRow, reason: string): Promise<PromotionRow> {
  return changePromotion(context, at(row), (before) => (isOpen(before) ? endedAs(before, 'failed', reason, context.now()) : null));
}

/** Of a promotion that ended otherwise than well: nothing half-deployed is left. May be done again. */
export async function takeBack(context: CallContext, row: PromotionRow, seen: Seen): Promise<void> {
  const { sql } = context;
  const { releaseId, made, endpoint } = row;
  const [release] = await sql<{ id: string }[]>`
    select id from releases where id = ${releaseId} and role not in ('retired', 'failed')`;
  if (made?.endpoint && endpoint !== null && (await isUnused(context, row, endpoint))) await deleteEndpoint(context, seen, endpoint);
  else if (release) await retireRelease(context, seen, release.id).catch(isOnlyLive);
  await changePromotion(context, at(row), () => ({ made: null }));
}

/** It went live in the very moment in which it was given up, and nothing else is there that could take its place. */
function isOnlyLive(error: unknown): void {
  if (!isFailure(error) || error.code !== 'CONFLICT') throw error;
}

/** Nobody has put anything else there, or is about to. */
async function isUnused({ sql }: CallContext, { id, workspaceId, releaseId }: PromotionRow, endpoint: string): Promise<boolean> {
  const [row] = await sql`
    select e.id from endpoints e
    where e.name = ${endpoint} and e.workspace_id = ${workspaceId} and e.deleted_at is null
      and not exists (select from releases r where r.endpoint_id = e.id and r.role not in ('retired', 'failed')
        and r.id is distinct from ${releaseId})
      and not exists (select from endpoint_tokens t where t.endpoint_id = e.id)
      and not exists (select from promotions p where p.endpoint = e.name and p.workspace_id = e.workspace_id and p.id <> ${id}
        and p.status in ('queued', 'running'))`;
  return row !== undefined;
}
