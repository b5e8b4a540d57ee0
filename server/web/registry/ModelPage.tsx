/** One registered model: its versions, its gate, who agreed, and what its versions are asked with. */
import type { Evaluation, EvaluationSet, VersionDetails } from '@cellkeep/schema/registry';
import { type ReactElement, useRef, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { DeletedToggle } from '../look/DeletedToggle.tsx';
import { Icon } from '../look/icons.tsx';
import { type KeyHint, KeysHelp } from '../look/Keys.tsx';
import { ShowMore } from '../look/ShowMore.tsx';
import { Empty, ErrorState, OfflineBanner, Skeleton, Unanswered } from '../look/states.tsx';
import { isMissing } from '../tracking/queries.ts';
import { Tabs } from '../tracking/run/Tabs.tsx';
import { Crumbs } from './Crumbs.tsx';
import { Approvals } from './model/Approvals.tsx';
import { Description } from './model/Description.tsx';
import { EvaluationSets } from './model/EvaluationSets.tsx';
import { GatePanel } from './model/GatePanel.tsx';
import { VersionsTable } from './model/VersionsTable.tsx';
import { useApprovals, useAttempt, useEvaluations, useModel, useModelWatch, useSets, useVersions } from './queries.ts';
import { type Moves, useMoves } from './useMoves.tsx';

const TABS = ['versions', 'gate', 'sets', 'approvals'] as const;
type Tab = (typeof TABS)[number];
const tabOf = (said: string | undefined): Tab => TABS.find((tab) => tab === said) ?? 'versions';

export default function ModelPage({ name, tab: said, onTab }: { name: string; tab?: string; onTab?: (tab: string) => void }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const page = useRef<HTMLDivElement>(null);
  const [own, setOwn] = useState(() => tabOf(said));
  const [areDeleted, setDeleted] = useState(false);
  const model = useModel(name);
  const versions = useVersions(name, areDeleted);
  const sets = useSets(name);
  const evaluations = useEvaluations(name);
  const approvals = useApprovals(name);
  const moves = useMoves(name);
  useModelWatch(name);
  const tab = onTab ? tabOf(said) : own;
  const show = (next: Tab) => (onTab ? onTab(next) : setOwn(next));

  if (model.error && !model.data) {
    if (!isMissing(model.error)) return <ErrorState error={model.error} onRetry={() => void model.refetch()} />;
    return (
      <Empty
        icon="search"
        title={t('There is no model {name}', { name: JSON.stringify(name) })}
        actions={
          <button type="button" className="ck-btn ck-primary" onClick={() => host.navigate({ view: 'models' })}>
            {t('All models')}
          </button>
        }
      >
        <p>{t('It may have been renamed, or deleted: then it can be restored from the list.')}</p>
      </Empty>
    );
  }
  if (!model.data) {
    return (
      <div className="ck-page">
        <OfflineBanner />
        <Skeleton rows={12} />
      </div>
    );
  }
  const details = (versions.data?.pages ?? []).flatMap((one) => one.versions);
  const open = (approvals.data ?? []).filter(({ status }) => status === 'open').length;
  const labels: Record<Tab, string> = { versions: t('Versions'), gate: t('Gate'), sets: t('Evaluation sets'), approvals: t('Approvals') };
  const counts: Record<Tab, number> = { versions: model.data.versionCount, gate: 0, sets: sets.data?.length ?? 0, approvals: open };
  return (
    <div ref={page} className="ck-page ck-model-page">
      <OfflineBanner />
      <header className="ck-model-head">
        <Crumbs label={t('Where this model belongs')} />
        <div className="ck-run-title">
          <h1 title={name}>{name}</h1>
          {Object.entries(model.data.tags).map(([key, value]) => (
            <span key={key} className="ck-chip ck-cut" title={`${key}: ${value}`}>
              {key}: {value}
            </span>
          ))}
          <span className="ck-grow" />
          {moves.mayMove && <DeleteModel name={name} />}
          <KeysHelp keys={keyHints(t)} scope={page} />
        </div>
        <Description name={name} text={model.data.description} mayEdit={moves.mayMove} />
      </header>
      <Tabs
        label={t('Parts of the model')}
        tabs={TABS.map((id) => ({ id, label: labels[id], count: counts[id], to: { view: 'model', name, tab: id } }))}
        selected={tab}
        onSelect={show}
      >
        {moves.refusal}
        {tab === 'versions' && (
          <Versions
            name={name}
            details={details}
            answer={versions}
            sets={sets.data ?? []}
            evaluations={evaluations.data ?? []}
            moves={moves}
            areDeleted={areDeleted}
            onDeleted={setDeleted}
          />
        )}
        {tab === 'gate' && <GatePanel name={name} sets={sets.data ?? []} versions={details} />}
        {tab === 'sets' &&
          (sets.data ? (
            <EvaluationSets
              name={name}
              sets={sets.data}
              evaluations={evaluations.data ?? []}
              versions={details}
              mayChange={moves.mayMove}
            />
          ) : sets.error ? (
            <ErrorState error={sets.error} onRetry={() => void sets.refetch()} />
          ) : (
            <Skeleton rows={4} />
          ))}
        {tab === 'approvals' && <Approvals name={name} />}
      </Tabs>
    </div>
  );
}

function DeleteModel({ name }: { name: string }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const client = useClient();
  const attempt = useAttempt();
  const remove = async () => {
    if (await attempt(() => client.registry.models.delete({ name }))) host.navigate({ view: 'models' });
  };
  return (
    <button type="button" className="ck-btn ck-small" title={t('It can be restored from the list of models')} onClick={() => void remove()}>
      <Icon name="bin" size={13} /> {t('Delete')}
    </button>
  );
}

function Versions({
  name,
  details,
  answer,
  sets,
  evaluations,
  moves,
  areDeleted,
  onDeleted,
}: {
  name: string;
  details: readonly VersionDetails[];
  answer: ReturnType<typeof useVersions>;
  sets: readonly EvaluationSet[];
  evaluations: readonly Evaluation[];
  moves: Moves;
  areDeleted: boolean;
  onDeleted: (are: boolean) => void;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const [setId, setSetId] = useState<string | null>(null);
  const [slice, setSlice] = useState<string | null>(null);
  const [chosen, setChosen] = useState<number[]>([]);
  const set = sets.find(({ id }) => id === setId) ?? sets[0] ?? null;
  const shownSlice = set?.slices.some((one) => one.name === slice) ? slice : null;
  const [a, b] = [...chosen].sort((one, other) => one - other);
  return (
    <>
      <div className="ck-bar ck-model-bar">
        {set && (
          <select className="ck-field" aria-label={t('Evaluation set')} value={set.id} onChange={(event) => setSetId(event.target.value)}>
            {sets.map((one) => (
              <option key={one.id} value={one.id}>
                {one.name}
              </option>
            ))}
          </select>
        )}
        {set && set.slices.length > 0 && (
          <select
            className="ck-field"
            aria-label={t('Slice')}
            value={shownSlice ?? ''}
            onChange={(event) => setSlice(event.target.value || null)}
          >
            <option value="">{t('all rows')}</option>
            {set.slices.map((one) => (
              <option key={one.name} value={one.name}>
                {one.name}
              </option>
            ))}
          </select>
        )}
        <button
          type="button"
          className="ck-btn"
          disabled={a === undefined || b === undefined}
          title={t('Choose two versions')}
          onClick={() => a !== undefined && b !== undefined && host.navigate({ view: 'compareVersions', name, a, b })}
        >
          <Icon name="compare" size={14} /> {t('Compare')}
        </button>
        <DeletedToggle isOn={areDeleted} onToggle={() => onDeleted(!areDeleted)} />
      </div>
      {!answer.data ? (
        <Unanswered answer={answer} rows={6} height={30} />
      ) : details.length === 0 ? (
        <Empty icon="box" title={t('No versions yet')}>
          <p>{t('Promote a cell, a run or a logged model under this name, and its first version stands here.')}</p>
        </Empty>
      ) : (
        <VersionsTable
          name={name}
          versions={details}
          set={set}
          slice={shownSlice}
          evaluations={evaluations}
          moves={moves}
          chosen={chosen}
          onChosen={setChosen}
        />
      )}
      <ShowMore answer={answer} />
    </>
  );
}

const keyHints = (t: ReturnType<typeof useTranslate>): KeyHint[] => [
  ['Tab', t('go from field to field')],
  ['← →', t('go from part to part')],
  ['?', t('show these keys')],
];
