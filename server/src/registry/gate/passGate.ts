/** The door through which every move to a stage or an alias goes, whichever API asked for it. */
import { mayAct, requireRole } from '../../access/index.ts';
import type { CallContext, Db } from '../../core/context.ts';
import type { NewEvent } from '../../core/events.ts';
import { failure } from '../../core/failure.ts';
import type { ModelRow } from '../registeredModels.ts';
import { checkGate, describeTarget, isGated, readGate, type Target } from './gates.ts';

export interface Move {
  model: ModelRow;
  version: number;
  to: Target;
  /** Why an owner lets it pass whatever the gate says. */
  override?: string;
  /** Enough people have agreed. */
  approved?: boolean;
}

/**
 * Within the move's transaction, with the model locked.
 * @returns the event of an override, to be written with the move
 * @throws FORBIDDEN where the gate does not let it pass, with an issue for each rule that fails
 */
export async function passGate({ caller }: Pick<CallContext, 'caller'>, tx: Db, move: Move): Promise<NewEvent[]> {
  const { model, version, to, override, approved = false } = move;
  const gate = await readGate(tx, model.id);
  if (!isGated(gate, to)) return [];
  const target = describeTarget(to);
  const { passes, findings } = await checkGate(tx, model, version, gate);
  const lacksApproval = gate.approvals > 0 && !approved;
  if (passes && !lacksApproval) return [];
  const reasons = [
    ...(lacksApproval ? [`${people(gate.approvals)} must agree before a version moves to ${target}`] : []),
    ...new Set(findings.filter((finding) => !finding.passes).map(({ reason }) => reason)),
  ];
  if (override !== undefined) {
    requireRole({ caller }, 'owner');
    const data = { name: model.name, version, to, reason: override, passed: reasons };
    return [{ what: 'gate.overridden', subject: `model-version:${model.id}/${version}`, data }];
  }
  const remedy = [
    lacksApproval ? 'ask for approval' : 'improve the version',
    mayAct(caller.role, 'owner') ? 'or override the gate and say why' : 'or ask an owner to override the gate',
  ].join(', ');
  const [first = '', ...others] = reasons;
  throw failure('FORBIDDEN', [
    { field: 'gate', reason: `v${version} does not move to ${target}: ${first}`, remedy },
    ...others.map((reason) => ({ field: 'gate', reason })),
  ]);
}

const people = (count: number) => (count === 1 ? 'another person' : `${count} other people`);

/**
 * A gate that compares with the champion lets everything pass where there is none: whoever takes such an alias away opens it.
 * @param aliases that would go
 * @throws FORBIDDEN below owner where the gate names one of them
 */
export async function requireMayTakeAway({ caller }: Pick<CallContext, 'caller'>, tx: Db, model: ModelRow, aliases: readonly string[]) {
  if (aliases.length === 0 || mayAct(caller.role, 'owner')) return;
  const { rules, aliases: gated } = await readGate(tx, model.id);
  const named = new Set([...gated, ...rules.flatMap(({ against }) => ('alias' in against ? [against.alias] : []))]);
  const [first] = aliases.filter((alias) => named.has(alias));
  if (first === undefined) return;
  const reason = `the gate of ${JSON.stringify(model.name)} goes by the alias ${first}, and would be open without it`;
  throw failure('FORBIDDEN', { field: 'gate', reason, remedy: 'point the alias at another version, or ask an owner' });
}
