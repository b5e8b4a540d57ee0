import type { EvaluationMetric, EvaluationSet, Gate, GateRule, ModelStage } from '@cellkeep/schema/registry';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { Icon } from '../../look/icons.tsx';
import { metricName } from '../numbers.ts';
import { registryKeys } from '../queries.ts';
import { Problems, problemsOf } from './Problems.tsx';

const STAGES: readonly ModelStage[] = ['Staging', 'Production'];

/** The gate as a form. A change that somebody else made meanwhile is told, and nothing of it is lost. */
export function GateEditor({
  name,
  gate,
  sets,
  onDone,
}: {
  name: string;
  gate: Gate;
  sets: readonly EvaluationSet[];
  onDone: () => void;
}): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const cache = useQueryClient();
  const isNew = gate.revision === 0;
  const [rules, setRules] = useState<GateRule[]>(gate.rules);
  const [stages, setStages] = useState<ModelStage[]>(isNew ? ['Production'] : gate.stages);
  const [aliases, setAliases] = useState((isNew ? ['champion'] : gate.aliases).join(', '));
  const [approvals, setApprovals] = useState(gate.approvals);
  const [problems, setProblems] = useState<string[]>([]);
  const [first] = sets;
  const save = async (event: FormEvent) => {
    event.preventDefault();
    const named = aliases.split(/[\s,]+/).filter(Boolean);
    try {
      const put = { name, rules, stages, aliases: named, approvals, revision: gate.revision };
      cache.setQueryData(registryKeys.within(name, 'gate'), await client.registry.gates.put(put));
      void cache.invalidateQueries({ queryKey: registryKeys.model(name) });
      onDone();
    } catch (error) {
      setProblems(problemsOf(error, t));
    }
  };
  const change = (at: number, part: Partial<GateRule>) => setRules(rules.with(at, { ...(rules[at] as GateRule), ...part }));
  return (
    <form className="ck-gate-form" onSubmit={(event) => void save(event)} aria-label={t('Gate')}>
      <fieldset>
        <legend>{t('Rules')}</legend>
        {rules.map((rule, i) => (
          <RuleFields
            // biome-ignore lint/suspicious/noArrayIndexKey: a rule has no other name while it is written
            key={i}
            rule={rule}
            sets={sets}
            onChange={(part) => change(i, part)}
            onRemove={() => setRules(rules.filter((_, at) => at !== i))}
          />
        ))}
        {first ? (
          <button type="button" className="ck-btn ck-small" onClick={() => setRules([...rules, ruleFor(first)])}>
            <Icon name="plus" size={13} /> {t('Add a rule')}
          </button>
        ) : (
          <p className="ck-dim">{t('A rule needs an evaluation set; this model has none yet.')}</p>
        )}
      </fieldset>
      <fieldset>
        <legend>{t('Holds back')}</legend>
        {STAGES.map((stage) => (
          <label key={stage} className="ck-check">
            <input
              type="checkbox"
              checked={stages.includes(stage)}
              onChange={() => setStages(stages.includes(stage) ? stages.filter((one) => one !== stage) : [...stages, stage])}
            />{' '}
            {stage}
          </label>
        ))}
        <label className="ck-check ck-grow">
          {t('Aliases')} <input className="ck-field" value={aliases} onChange={(event) => setAliases(event.target.value)} />
        </label>
      </fieldset>
      <label className="ck-check">
        {t('Others who must agree')}{' '}
        <input
          className="ck-field ck-count"
          type="number"
          min={0}
          max={10}
          value={approvals}
          onChange={(event) => setApprovals(Math.min(10, Math.max(0, Math.trunc(Number(event.target.value)) || 0)))}
        />
      </label>
      <Problems of={problems} />
      <div className="ck-form-buttons">
        <button type="submit" className="ck-btn ck-primary">
          {t('Save the gate')}
        </button>
        <button type="button" className="ck-btn" onClick={onDone}>
          {t('Cancel')}
        </button>
      </div>
    </form>
  );
}

const isSame = (a: readonly string[], b: readonly string[]) => a.length === b.length && a.every((one) => b.includes(one));

function ruleFor(set: EvaluationSet): GateRule {
  return { setId: set.id, metric: set.metrics[0] ?? 'accuracy', slices: [], against: { alias: 'champion' }, maxWorse: 0 };
}

function RuleFields({
  rule,
  sets,
  onChange,
  onRemove,
}: {
  rule: GateRule;
  sets: readonly EvaluationSet[];
  onChange: (part: Partial<GateRule>) => void;
  onRemove: () => void;
}): ReactElement {
  const t = useTranslate();
  const set = sets.find(({ id }) => id === rule.setId);
  const isValue = 'value' in rule.against;
  const names = set?.slices.map(({ name }) => name) ?? [];
  const simple = [
    { label: t('all rows'), slices: [] },
    ...(names.length > 1 ? [{ label: t('every slice'), slices: names }] : []),
    ...names.map((name) => ({ label: name, slices: [name] })),
  ];
  // Through the API a rule may name any of them.
  const isSimple = simple.some(({ slices }) => isSame(slices, rule.slices));
  const choices = isSimple ? simple : [...simple, { label: rule.slices.join(', '), slices: rule.slices }];
  return (
    <fieldset className="ck-rule" aria-label={t('Rule')}>
      <select
        className="ck-field"
        aria-label={t('Evaluation set')}
        value={rule.setId}
        onChange={(event) => {
          const next = sets.find(({ id }) => id === event.target.value);
          if (next) onChange({ ...ruleFor(next), against: rule.against, maxWorse: rule.maxWorse });
        }}
      >
        {sets.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      <select
        className="ck-field"
        aria-label={t('Metric')}
        value={rule.metric}
        onChange={(event) => onChange({ metric: event.target.value as EvaluationMetric })}
      >
        {(set?.metrics ?? [rule.metric]).map((metric) => (
          <option key={metric} value={metric}>
            {metricName(metric)}
          </option>
        ))}
      </select>
      <select
        className="ck-field"
        aria-label={t('Rows')}
        value={choices.findIndex(({ slices }) => isSame(slices, rule.slices))}
        onChange={(event) => onChange({ slices: choices[Number(event.target.value)]?.slices ?? [] })}
      >
        {choices.map(({ label }, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a slice may be named as anything
          <option key={i} value={i}>
            {label}
          </option>
        ))}
      </select>
      <span>{t('at most')}</span>
      <input
        className="ck-field ck-count"
        type="number"
        min={0}
        step="any"
        aria-label={t('How much worse is allowed')}
        value={rule.maxWorse}
        onChange={(event) => onChange({ maxWorse: Math.max(0, Number(event.target.value) || 0) })}
      />
      <span>{t('worse than')}</span>
      <select
        className="ck-field"
        aria-label={t('Compared with')}
        value={isValue ? 'value' : 'alias'}
        onChange={(event) => onChange({ against: event.target.value === 'value' ? { value: 0 } : { alias: 'champion' } })}
      >
        <option value="alias">{t('the alias')}</option>
        <option value="value">{t('the value')}</option>
      </select>
      {'value' in rule.against ? (
        <input
          className="ck-field ck-count"
          type="number"
          step="any"
          aria-label={t('Value')}
          value={rule.against.value}
          onChange={(event) => onChange({ against: { value: Number(event.target.value) || 0 } })}
        />
      ) : (
        <input
          className="ck-field ck-count"
          aria-label={t('Alias')}
          value={rule.against.alias}
          onChange={(event) => onChange({ against: { alias: event.target.value } })}
        />
      )}
      <button type="button" className="ck-icon-btn" aria-label={t('Remove the rule')} title={t('Remove the rule')} onClick={onRemove}>
        <Icon name="bin" size={14} />
      </button>
    </fieldset>
  );
}
