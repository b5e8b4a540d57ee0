/** A version that is registered already becomes a release: which one, and how it begins. */
import type { CanaryPlan, Endpoint } from '@cellkeep/schema/deployment';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useRef, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { useClient } from '../../live/shared.ts';
import { Icon } from '../../look/icons.tsx';
import { Popover } from '../../look/Popover.tsx';
import { useTrusting } from '../../look/TrustQuestion.tsx';
import { deploymentKeys, mainRelease } from '../queries.ts';
import { howWord } from '../words.ts';
import { CanaryPlanFields, FIRST_PLAN } from './CanaryPlanFields.tsx';
import type { EndpointActions } from './useEndpointActions.ts';

const HOWS = ['replace', 'canary', 'shadow', 'beside'] as const;

export function NewRelease({ endpoint, actions }: { endpoint: Endpoint; actions: EndpointActions }): ReactElement | null {
  const t = useTranslate();
  const button = useRef<HTMLButtonElement>(null);
  const [isOpen, setOpen] = useState(false);
  if (!actions.mayChange) return null;
  return (
    <>
      <button
        ref={button}
        type="button"
        className="ck-btn ck-small"
        aria-haspopup="dialog"
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        <Icon name="plus" size={13} /> {t('New release…')}
      </button>
      {isOpen && (
        <Popover
          anchor={button}
          onClose={() => setOpen(false)}
          label={t('New release')}
          className="ck-details ck-promote-popover"
          align="end"
        >
          <Form endpoint={endpoint} onDone={() => setOpen(false)} />
        </Popover>
      )}
    </>
  );
}

function Form({ endpoint, onDone }: { endpoint: Endpoint; onDone: () => void }): ReactElement {
  const t = useTranslate();
  const client = useClient();
  // Of its own: the question is asked here, where the person looks.
  const { attempt, question } = useTrusting(deploymentKeys.all);
  const main = mainRelease(endpoint);
  const [modelName, setModelName] = useState(main?.modelName ?? '');
  const [version, setVersion] = useState<number | null>(null);
  const [how, setHow] = useState<(typeof HOWS)[number]>(main ? 'canary' : 'replace');
  const [plan, setPlan] = useState<CanaryPlan>(FIRST_PLAN);
  const [isBusy, setBusy] = useState(false);
  const models = useQuery({
    queryKey: ['deployment', 'model names'],
    queryFn: async ({ signal }) => (await client.registry.models.list({ limit: 200 }, { signal })).models,
  });
  const versions = useQuery({
    queryKey: ['deployment', 'versions', modelName],
    enabled: modelName !== '',
    queryFn: async ({ signal }) => (await client.registry.versions.list({ name: modelName, limit: 100 }, { signal })).versions,
  });
  const chosen = version ?? versions.data?.[0]?.version ?? null;
  const release = async (event: FormEvent) => {
    event.preventDefault();
    if (chosen === null) return;
    setBusy(true);
    const wish = { endpoint: endpoint.name, modelName, version: chosen, how, ...(how === 'canary' ? { plan } : {}) };
    const made = await attempt((trustUser) => client.deployment.releases.create({ ...wish, ...(trustUser ? { trustUser } : {}) }));
    setBusy(false);
    if (made) onDone();
  };
  return (
    <form className="ck-promote-form" onSubmit={(event) => void release(event)}>
      <label htmlFor="ck-release-model">{t('Model')}</label>
      <select
        id="ck-release-model"
        className="ck-field"
        value={modelName}
        onChange={(event) => {
          setModelName(event.target.value);
          setVersion(null);
        }}
      >
        {modelName === '' && <option value="">{t('choose a model')}</option>}
        {[...new Set([...(main ? [main.modelName] : []), ...(models.data ?? []).map(({ name }) => name)])].map((name) => (
          <option key={name}>{name}</option>
        ))}
      </select>
      <label htmlFor="ck-release-version">{t('Version')}</label>
      <select
        id="ck-release-version"
        className="ck-field"
        value={chosen ?? ''}
        onChange={(event) => setVersion(Number(event.target.value))}
      >
        {(versions.data ?? []).map((one) => (
          <option key={one.version} value={one.version}>
            {`v${one.version}${one.aliases.length > 0 ? ` · ${one.aliases.join(', ')}` : ''}${one.version === main?.version && modelName === main.modelName ? ` · ${t('answers now')}` : ''}`}
          </option>
        ))}
      </select>
      <fieldset className="ck-promote-more">
        <legend>{t('Release')}</legend>
        {HOWS.map((one) => (
          <label key={one}>
            <input type="radio" name="ck-release-how" checked={how === one} onChange={() => setHow(one)} /> {howWord(one, t)}
          </label>
        ))}
      </fieldset>
      {how === 'canary' && <CanaryPlanFields plan={plan} onChange={setPlan} />}
      {question}
      <div className="ck-promote-buttons">
        <button type="submit" className="ck-btn ck-primary" disabled={isBusy || chosen === null}>
          {isBusy && !question ? t('Starting…') : t('Release')}
        </button>
        <button type="button" className="ck-btn" onClick={onDone}>
          {t('Cancel')}
        </button>
      </div>
    </form>
  );
}
