/** What a version must hold before it moves, whether the chosen one does, and the form in which an owner changes it. */
import type { EvaluationSet, Gate, GateRule, VersionDetails } from '@cellkeep/schema/registry';
import { fromWire } from '@cellkeep/schema/wire';
import { type ReactElement, useState } from 'react';
import { useMe } from '../../access/queries.ts';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { ErrorState, Skeleton } from '../../look/states.tsx';
import { metricName } from '../numbers.ts';
import { useGate, useGateCheck } from '../queries.ts';
import { Tick } from '../Tick.tsx';
import { GateEditor } from './GateEditor.tsx';

export function GatePanel({
  name,
  sets,
  versions,
}: {
  name: string;
  sets: readonly EvaluationSet[];
  versions: readonly VersionDetails[];
}): ReactElement {
  const t = useTranslate();
  const gate = useGate(name);
  const isOwner = useMe().data?.user.role === 'owner';
  const [isEditing, setEditing] = useState(false);
  const [chosen, setChosen] = useState<number | null>(null);
  const there = versions.filter(({ deletedAt }) => deletedAt === null).map(({ version }) => version.version);
  const version = chosen !== null && there.includes(chosen) ? chosen : (there[0] ?? null);
  if (!gate.data) return gate.error ? <ErrorState error={gate.error} onRetry={() => void gate.refetch()} /> : <Skeleton rows={5} />;
  if (isEditing) return <GateEditor name={name} gate={gate.data} sets={sets} onDone={() => setEditing(false)} />;
  const { rules, stages, aliases, approvals } = gate.data;
  const isOpen = rules.length === 0 && approvals === 0;
  return (
    <div className="ck-gate">
      <p>
        {isOpen
          ? t('Nothing is asked of a version: any editor moves it anywhere.')
          : t('Before a version moves to {places}, this must hold:', { places: places(gate.data) || t('(nowhere)') })}
      </p>
      {!isOpen && (
        <ul className="ck-gate-rules">
          {rules.map((rule, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: two rules may be alike, and they do not move
            <li key={i}>{ruleText(rule, sets, t)}</li>
          ))}
          {approvals > 0 && <li>{approvals === 1 ? t('another person agrees') : t('{n} other people agree', { n: approvals })}</li>}
        </ul>
      )}
      {stages.length + aliases.length === 0 && !isOpen && (
        <p className="ck-warn-text">{t('No stage and no alias is named: the gate holds nothing back.')}</p>
      )}
      {isOwner ? (
        <button type="button" className="ck-btn" onClick={() => setEditing(true)}>
          <Icon name="pencil" size={14} /> {isOpen ? t('Set up the gate') : t('Change the gate')}
        </button>
      ) : (
        <p className="ck-dim">{t('An owner of this workspace can change it.')}</p>
      )}
      {rules.length > 0 && version !== null && (
        <section className="ck-gate-check" aria-label={t('Check')}>
          <h3>
            {t('Would it pass?')}{' '}
            <select
              className="ck-field"
              value={version}
              aria-label={t('Version to check')}
              onChange={(event) => setChosen(Number(event.target.value))}
            >
              {there.map((n) => (
                <option key={n} value={n}>
                  v{n}
                </option>
              ))}
            </select>
          </h3>
          <GateFindings name={name} version={version} />
        </section>
      )}
    </div>
  );
}

const places = ({ stages, aliases }: Gate) => [...stages, ...aliases.map((alias) => `@${alias}`)].join(', ');

/** "ROC AUC on january (UA, AA) is at most 0.01 worse than champion" */
function ruleText(
  { setId, metric, slices, against, maxWorse }: GateRule,
  sets: readonly EvaluationSet[],
  t: ReturnType<typeof useTranslate>,
): string {
  const set = sets.find(({ id }) => id === setId)?.name ?? t('a set that is gone');
  const where = slices.length > 0 ? `${set} (${slices.join(', ')})` : set;
  const reference = 'alias' in against ? against.alias : short(against.value);
  if (maxWorse === 0) return t('{metric} on {where} is not worse than {reference}', { metric: metricName(metric), where, reference });
  const by = short(maxWorse);
  return t('{metric} on {where} is at most {by} worse than {reference}', { metric: metricName(metric), where, by, reference });
}

/** As it was typed: a limit of 0.01 is no measurement of four digits. */
const short = (value: number) => String(Number(value.toPrecision(6)));

export function GateFindings({ name, version }: { name: string; version: number }): ReactElement {
  const t = useTranslate();
  const check = useGateCheck(name, version);
  if (!check.data) return check.error ? <ErrorState error={check.error} onRetry={() => void check.refetch()} /> : <Skeleton rows={2} />;
  const { passes } = check.data;
  // What was not measured is missing for each rule that asks for it.
  const findings = check.data.findings.filter(({ reason }, i, all) => all.findIndex((other) => other.reason === reason) === i);
  if (findings.length === 0) return <p className="ck-dim">{t('The gate has no rules.')}</p>;
  return (
    <>
      <p className="ck-pass" data-passes={passes}>
        <Icon name={passes ? 'check' : 'close'} size={14} />{' '}
        {passes ? t('v{version} passes', { version }) : t('v{version} does not pass', { version })}
      </p>
      <ul className="ck-findings">
        {findings.map((finding, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: in the order of the rules
          <li key={i} title={finding.value === null ? undefined : String(fromWire(finding.value))}>
            <Tick passes={finding.passes} word={finding.passes ? t('holds') : t('fails')} />
            {finding.reason}
          </li>
        ))}
      </ul>
    </>
  );
}
