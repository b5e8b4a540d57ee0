/** Rules of a gate against what was measured: a pure function, so that every sentence that it says has a test. */
import { type Evaluation, type GateCheck, type GateRule, worseBy } from '@cellkeep/schema/registry';
import { fromWire, toWire } from '@cellkeep/schema/wire';

export interface Measured {
  rules: readonly GateRule[];
  version: number;
  aliases: ReadonlyMap<string, number>;
  /** The newest of each set, by version. */
  evaluations: ReadonlyMap<number, readonly Evaluation[]>;
  /** Names of the sets that are there. */
  sets: ReadonlyMap<string, string>;
}

type Finding = GateCheck['findings'][number];

export function checkRules(measured: Measured): Finding[] {
  return measured.rules.flatMap((rule) => {
    const slices = rule.slices.length > 0 ? rule.slices : [null];
    return slices.map((slice) => checkRule(measured, rule, slice));
  });
}

function checkRule({ version, aliases, evaluations, sets }: Measured, rule: GateRule, slice: string | null): Finding {
  const { metric, against, maxWorse } = rule;
  const set = sets.get(rule.setId) ?? rule.setId;
  const where = `${slice === null ? 'all rows' : JSON.stringify(slice)} of ${JSON.stringify(set)}`;
  const found = (passes: boolean, reason: string, value: number | null, reference: number | null): Finding => ({
    ...{ rule, slice, passes, reason },
    value: value === null ? null : toWire(value),
    reference: reference === null ? null : toWire(reference),
  });
  const measured = (which: number) => measuredOf(evaluations.get(which) ?? [], rule, slice);

  const value = measured(version);
  if (value === null) return found(false, `v${version} was not asked with ${JSON.stringify(set)}: start an evaluation`, null, null);
  if (Number.isNaN(value)) return found(false, `${metric} of v${version} on ${where} is no number`, value, null);
  const other = 'alias' in against ? aliases.get(against.alias) : undefined;
  if ('alias' in against) {
    const name = against.alias;
    if (other === undefined) return found(true, `${metric} is ${shown(value)} on ${where}; no version is ${name} yet`, value, null);
    if (other === version) return found(true, `v${version} is ${name} itself`, value, value);
  }
  const reference = 'alias' in against ? measured(other as number) : against.value;
  const named = 'alias' in against ? `${against.alias} (v${other})` : 'the value asked for';
  if (reference === null) return found(false, `${named} was not asked with ${JSON.stringify(set)}: start an evaluation`, value, null);
  if (Number.isNaN(reference)) return found(false, `${metric} of ${named} on ${where} is no number`, value, reference);

  const worse = worseBy(metric, value, reference);
  const passes = worse <= maxWorse + ROUNDING * Math.max(1, Math.abs(reference));
  const side = worse > 0 ? `${shown(worse)} worse than` : worse < 0 ? `${shown(-worse)} better than` : 'the same as';
  const reason = `${metric} ${shown(value)} is ${side} ${named}, ${shown(reference)}, on ${where}; ${shown(maxWorse)} worse is allowed`;
  return found(passes, reason, value, reference);
}

/** 0.91 - 0.9 is more than 0.01 in float64. */
const ROUNDING = 1e-12;

function measuredOf(evaluations: readonly Evaluation[], { setId, metric }: GateRule, slice: string | null): number | null {
  const results = evaluations.find((one) => one.setId === setId)?.results;
  const result = results?.find((one) => one.metric === metric && one.slice === slice);
  return result ? fromWire(result.value) : null;
}

const shown = (value: number): string => String(Number(value.toPrecision(4)));
