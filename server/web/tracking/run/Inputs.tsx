import type { LoggedModel } from '@cellkeep/schema/registry';
import type { Run } from '@cellkeep/schema/tracking';
import { useQuery } from '@tanstack/react-query';
import { type ReactElement, useState } from 'react';
import { PromoteAction } from '../../deployment/promote/PromoteAction.tsx';
import { useTranslate } from '../../host.ts';
import { keys } from '../../live/cache.ts';
import { useClient } from '../../live/shared.ts';
import { CopyButton } from '../../look/CopyButton.tsx';
import { ViewLink } from '../../look/ViewLink.tsx';
import { placeOf } from './datasetPlace.ts';
import { MoreRows } from './rows.tsx';
import { Section } from './Section.tsx';

/** Rows of each list at first: a sweep may read or make hundreds. */
const FIRST = 8;

/** What the run read, and which models came of it. Not there at all for a run that did neither, as most are. */
export function Inputs({ run }: { run: Run }): ReactElement | null {
  const t = useTranslate();
  const client = useClient();
  const { data, error, refetch } = useQuery({
    queryKey: keys.runModels(run.id),
    queryFn: ({ signal }) => client.registry.runModels.get({ runId: run.id }, { signal }),
  });
  if (error && !data) {
    return (
      <Section title={t('Inputs and models')}>
        <p className="ck-run-none">
          {t('They could not be read.')}{' '}
          <button type="button" className="ck-btn ck-quiet ck-small" onClick={() => void refetch()}>
            {t('Try again')}
          </button>
        </p>
      </Section>
    );
  }
  if (!data) return null;
  const { datasets, inputs, outputs } = data;
  if (datasets.length + inputs.length + outputs.length === 0) return null;
  return (
    <Section title={t('Inputs and models')}>
      <Few
        title={t('Read')}
        rows={datasets.map((dataset) => ({ key: `${dataset.name} ${dataset.digest}`, row: <DatasetRow {...dataset} /> }))}
      />
      <Few title={t('Models read')} rows={inputs.map((model) => ({ key: model.id, row: <ModelRow model={model} /> }))} />
      <Few
        title={t('Models made')}
        rows={outputs.map((model) => ({ key: model.id, row: <ModelRow model={model} step={model.step} canPromote /> }))}
      />
    </Section>
  );
}

function Few({ title, rows }: { title: string; rows: { key: string; row: ReactElement }[] }): ReactElement | null {
  const [shown, setShown] = useState(FIRST);
  if (rows.length === 0) return null;
  return (
    <>
      <h3 className="ck-run-inputs-title">{title}</h3>
      <ul className="ck-run-inputs" aria-label={title}>
        {rows.slice(0, shown).map(({ key, row }) => (
          <li key={key}>{row}</li>
        ))}
      </ul>
      <MoreRows shown={shown} total={rows.length} onMore={() => setShown(rows.length)} />
    </>
  );
}

interface Dataset {
  name: string;
  digest: string;
  sourceType: string;
  source: string;
  context: string | null;
}

function DatasetRow({ name, digest, sourceType, source, context }: Dataset): ReactElement {
  const t = useTranslate();
  const place = placeOf(source);
  return (
    <>
      <span className="ck-run-input-name" title={name}>
        {name}
      </span>
      <code className="ck-mono ck-dim" title={t('Digest {digest}', { digest })}>
        {digest.slice(0, 8)}
      </code>
      {context && (
        <span className="ck-chip" title={t('What it was read for')}>
          {context}
        </span>
      )}
      <span className="ck-run-input-place ck-dim" title={source}>
        {sourceType}
        {place && `: ${place}`}
      </span>
    </>
  );
}

function ModelRow({ model, step, canPromote = false }: { model: LoggedModel; step?: number; canPromote?: boolean }): ReactElement {
  const t = useTranslate();
  const { id, name, status, registrations, modelType } = model;
  return (
    <>
      <span className="ck-run-input-name" title={modelType ? `${name} · ${modelType}` : name}>
        {name}
      </span>
      {status !== 'ready' && <ModelStatus status={status} />}
      {step !== undefined && step > 0 && <span className="ck-dim ck-num">{t('step {step}', { step })}</span>}
      {registrations.map(({ name: registered, version, aliases }) => (
        <ViewLink
          key={`${registered} ${version}`}
          to={{ view: 'modelVersion', name: registered, version }}
          className="ck-chip"
          title={t('Registered as version {version} of {name}', { version, name: registered })}
        >
          {registered}@{version}
          {aliases.map((alias) => (
            <b key={alias}>{alias}</b>
          ))}
        </ViewLink>
      ))}
      <span className="ck-run-input-place ck-dim">
        <code className="ck-mono" title={id}>
          {id.slice(0, 10)}…
        </code>
        <CopyButton text={`models:/${id}`} label={t('Copy the address of the model')} />
      </span>
      {canPromote && status === 'ready' && <PromoteAction source={{ kind: 'loggedModel', loggedModelId: id }} name={name} isSmall />}
    </>
  );
}

/** Colour never alone: a mark and a word. */
function ModelStatus({ status }: { status: LoggedModel['status'] }): ReactElement {
  const t = useTranslate();
  const failed = status === 'failed';
  return (
    <span className={failed ? 'ck-warned' : 'ck-dim'} title={failed ? t('Its upload failed') : t('Its files are on their way')}>
      <span aria-hidden>{failed ? '✕' : '◌'}</span> {failed ? t('failed') : t('pending')}
    </span>
  );
}
