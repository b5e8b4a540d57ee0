/** What a shadow would have answered, against what was answered. */
import type { Endpoint, Release } from '@cellkeep/schema/deployment';
import { useQuery } from '@tanstack/react-query';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { groupThousands } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { ErrorState, Skeleton } from '../../look/states.tsx';
import { Section } from '../../tracking/run/Section.tsx';
import { formatMicros, formatShare } from '../numbers.ts';
import { deploymentKeys, TRAFFIC_EVERY, useDeploymentClient } from '../queries.ts';
import { SureButton } from '../SureButton.tsx';
import { usePageVisible } from '../usePageVisible.ts';
import type { EndpointActions } from './useEndpointActions.ts';

export function ShadowCard({
  endpoint,
  release,
  actions,
}: {
  endpoint: Endpoint;
  release: Release;
  actions: EndpointActions;
}): ReactElement {
  const t = useTranslate();
  const { endpoints } = useDeploymentClient();
  const isSeen = usePageVisible();
  const { data, error, refetch } = useQuery({
    queryKey: deploymentKeys.shadow(release.id),
    refetchInterval: isSeen ? TRAFFIC_EVERY : false,
    queryFn: ({ signal }) => endpoints.shadow({ name: endpoint.name, releaseId: release.id }, { signal }),
  });
  const facts: [string, string, boolean?][] = data
    ? [
        [t('Requests'), groupThousands(data.requests)],
        [t('Rows compared'), groupThousands(data.rows)],
        [
          t('Rows that differ'),
          data.rows === 0 ? '–' : `${groupThousands(data.differing)} (${formatShare(data.differing / data.rows)})`,
          data.differing > 0,
        ],
        [t('Failed'), groupThousands(data.failed), data.failed > 0],
        [
          t('p95'),
          `${data.p95Us === null ? '–' : formatMicros(data.p95Us)} ${t('(live: {p95})', { p95: data.liveP95Us === null ? '–' : formatMicros(data.liveP95Us) })}`,
        ],
      ]
    : [];
  return (
    <Section title={t('Shadow v{version}', { version: release.version })}>
      {error && !data ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : data ? (
        <dl className="ck-facts ck-shadow">
          {facts.map(([name, value, isNews]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd className={isNews ? 'ck-warned' : undefined}>{value}</dd>
            </div>
          ))}
        </dl>
      ) : (
        <Skeleton rows={3} height={22} />
      )}
      <p className="ck-field-note">
        {t('It differs where a label is another, or a number by more than 1e-6 of itself. Nobody gets its answers.')}
      </p>
      {actions.mayChange && (
        <div className="ck-promote-buttons">
          <SureButton
            label={t('Make it live')}
            sure={t('All the traffic to it')}
            icon="rocket"
            onSure={() =>
              void actions.release({ endpoint: endpoint.name, modelName: release.modelName, version: release.version, how: 'replace' })
            }
          />
          <button type="button" className="ck-btn" onClick={() => void actions.retire(release)}>
            <Icon name="archive" size={14} /> {t('Retire')}
          </button>
        </div>
      )}
    </Section>
  );
}
