/** How the endpoint is asked from elsewhere: code for each protocol, and the tokens that let it in. */
import type { Endpoint } from '@cellkeep/schema/deployment';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Code } from '../../look/Code.tsx';
import { Section } from '../../tracking/run/Section.tsx';
import { mainRelease } from '../queries.ts';
import { useExample } from '../tryit/useExample.ts';
import { BatchScoring } from './BatchScoring.tsx';
import { allSnippets } from './snippets.ts';
import { Targets } from './Targets.tsx';
import { Tokens } from './Tokens.tsx';

export function UseIt({ endpoint }: { endpoint: Endpoint }): ReactElement {
  return (
    <div className="ck-endpoint-body">
      <Snippets endpoint={endpoint} />
      <Tokens endpoint={endpoint} />
      <BatchScoring endpoint={endpoint} />
      <Targets endpoint={endpoint} />
    </div>
  );
}

function Snippets({ endpoint }: { endpoint: Endpoint }): ReactElement {
  const t = useTranslate();
  const release = mainRelease(endpoint);
  const { bundle, example } = useExample(release);
  const [chosen, setChosen] = useState('rows');
  const snippets = allSnippets({ endpoint, signature: bundle?.signature ?? null, example: example ?? null, modelName: release?.modelName });
  const shown = snippets.find(({ id }) => id === chosen) ?? snippets[0];
  const isOpen = endpoint.settings.access === 'open';
  return (
    <Section title={t('Ask it')}>
      <div className="ck-segments ck-snippet-tabs">
        {snippets.map(({ id, label }) => (
          <button key={id} type="button" aria-pressed={id === shown?.id} onClick={() => setChosen(id)}>
            {label}
          </button>
        ))}
      </div>
      {shown && <Code source={shown.code} plain={shown.language !== 'python'} />}
      <p className="ck-field-note">
        {isOpen
          ? t('Whoever reaches the address may ask: its access is open.')
          : t('The token is one of this endpoint (below) or one of your own, kept in the environment and never in the code.')}
        {shown?.needs && ` ${t('Needs {package}.', { package: shown.needs })}`}{' '}
        <a className="ck-link" href={`${endpoint.url}/`} target="_blank" rel="noreferrer">
          {t('Its own page, with its OpenAPI document')}
        </a>
      </p>
    </Section>
  );
}
