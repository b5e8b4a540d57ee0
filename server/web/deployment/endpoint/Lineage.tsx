import type { Endpoint } from '@cellkeep/schema/deployment';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { Section } from '../../tracking/run/Section.tsx';
import { OriginFacts } from '../predictions/Origin.tsx';
import { mainRelease, useVersionDetails } from '../queries.ts';

/** From the endpoint back to the cell, by the release that answers most. */
export function Lineage({ endpoint }: { endpoint: Endpoint }): ReactElement | null {
  const t = useTranslate();
  const release = mainRelease(endpoint);
  const { data } = useVersionDetails(release);
  if (!release || !data?.bundle) return null;
  const { className, framework, frameworkVersion, origin } = data.bundle;
  return (
    <Section title={t('Where it comes from')}>
      <p className="ck-dim">
        {className} · {framework} {frameworkVersion}
      </p>
      <OriginFacts origin={origin} modelName={release.modelName} version={release.version} />
    </Section>
  );
}
