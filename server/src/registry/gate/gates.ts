/** Gates: what a version must hold before it moves to a gated stage or alias. One for each model; a model without a row has an open one. */
import type { EvaluationSet, Gate, GateCheck, GateRule, gatePut, ModelStage } from '@cellkeep/schema/registry';
import type { Issue } from '@cellkeep/schema/wire';
import type { JSONValue } from 'postgres';
import type { z } from 'zod';
import { requireRole } from '../../access/index.ts';
import type { CallContext, Db } from '../../core/context.ts';
import { failure } from '../../core/failure.ts';
import { inOneChange } from '../change.ts';
import { newestEvaluations } from '../evaluate/evaluations.ts';
import { setsOfModel } from '../evaluate/sets.ts';
import { requireVersion } from '../readVersions.ts';
import { lockModel, type ModelRow, requireModel } from '../registeredModels.ts';
import { checkRules } from './checkRules.ts';

const OPEN: Gate = { rules: [], stages: [], aliases: [], approvals: 0, revision: 0 };

export async function readGate(db: Db, modelId: string): Promise<Gate> {
  const [gate] = await db<Gate[]>`select rules, stages, aliases, approvals, revision from gates where model_id = ${modelId}`;
  return gate ?? OPEN;
}

export async function gateOf({ sql, caller }: CallContext, name: string): Promise<Gate> {
  return readGate(sql, (await requireModel(sql, caller.workspaceId, name)).id);
}

/** @throws FORBIDDEN below owner; CONFLICT where another edit came before; BAD_REQUEST where a rule names what is not there */
export function putGate(context: CallContext, given: z.output<typeof gatePut>): Promise<Gate> {
  requireRole(context, 'owner');
  const { caller } = context;
  const { name, rules, stages, aliases, approvals, revision } = given;
  return inOneChange(context, async (tx, { events }) => {
    const model = await lockModel(tx, caller.workspaceId, name);
    const before = await readGate(tx, model.id);
    if (before.revision !== revision) {
      const reason = `the gate is at revision ${before.revision}, and ${revision} was read`;
      throw failure('CONFLICT', { field: 'revision', reason, remedy: 'read it again, then change what is there now' });
    }
    const issues = breachesOfRules(rules, await setsOfModel(tx, model.id));
    if (issues.length > 0) throw failure('BAD_REQUEST', issues);
    const after: Gate = { rules, stages: [...new Set(stages)], aliases: [...new Set(aliases)], approvals, revision: revision + 1 };
    await tx`
      insert into gates (model_id, rules, stages, aliases, approvals, revision)
      values (${model.id}, ${tx.json(after.rules as unknown as JSONValue)}, ${tx.json(after.stages)}, ${tx.json(after.aliases)},
        ${approvals}, ${after.revision})
      on conflict (model_id) do update set rules = excluded.rules, stages = excluded.stages, aliases = excluded.aliases,
        approvals = excluded.approvals, revision = excluded.revision`;
    const data = { name, rules: rules.length, stages: after.stages, aliases: after.aliases, approvals, revision: after.revision };
    events.push({ what: 'gate.changed', subject: `model:${model.id}`, before, after, data });
    return after;
  });
}

function breachesOfRules(rules: readonly GateRule[], sets: readonly Pick<EvaluationSet, 'id' | 'name' | 'metrics' | 'slices'>[]): Issue[] {
  return rules.flatMap(({ setId, metric, slices }, i): Issue[] => {
    const set = sets.find(({ id }) => id === setId);
    const at = `rules[${i}]`;
    if (!set) return [{ field: `${at}.setId`, reason: `the model has no evaluation set ${setId}`, remedy: 'store it first' }];
    const issues: Issue[] = [];
    if (!set.metrics.includes(metric)) {
      const reason = `${JSON.stringify(set.name)} does not measure ${metric}; it has ${set.metrics.join(', ')}`;
      issues.push({ field: `${at}.metric`, reason });
    }
    const names = new Set(set.slices.map(({ name }) => name));
    const unknown = slices.findIndex((slice) => !names.has(slice));
    if (unknown !== -1) {
      const reason = `${JSON.stringify(set.name)} has no slice ${JSON.stringify(slices[unknown])}`;
      issues.push({ field: `${at}.slices[${unknown}]`, reason });
    }
    return issues;
  });
}

export async function checkVersion({ sql, caller }: CallContext, name: string, version: number): Promise<GateCheck> {
  const model = await requireModel(sql, caller.workspaceId, name);
  await requireVersion(sql, model, version);
  return checkGate(sql, model, version, await readGate(sql, model.id));
}

/** By the newest evaluations that are done; what was not measured does not pass. */
export async function checkGate(db: Db, model: Pick<ModelRow, 'id' | 'aliases'>, version: number, gate: Gate): Promise<GateCheck> {
  if (gate.rules.length === 0) return { passes: true, findings: [] };
  const aliases = new Map(model.aliases.map((one) => [one.alias, one.version]));
  const others = gate.rules.flatMap(({ against }) => ('alias' in against ? (aliases.get(against.alias) ?? []) : []));
  const evaluations = await newestEvaluations(db, model.id, [...new Set([version, ...others])]);
  const sets = new Map((await setsOfModel(db, model.id)).map((set) => [set.id, set.name]));
  const findings = checkRules({ rules: gate.rules, version, aliases, evaluations, sets });
  return { passes: findings.every(({ passes }) => passes), findings };
}

export type Target = { stage: ModelStage } | { alias: string };

export const isGated = (gate: Gate, to: Target): boolean =>
  'stage' in to ? gate.stages.includes(to.stage) : gate.aliases.includes(to.alias);

/** "stage Production", "alias champion" */
export const describeTarget = (to: Target): string => ('stage' in to ? `stage ${to.stage}` : `alias ${to.alias}`);
