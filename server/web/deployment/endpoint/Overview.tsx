import type { Endpoint } from '@cellkeep/schema/deployment';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { Markdown } from '../../look/Markdown.tsx';
import { Empty } from '../../look/states.tsx';
import { PromotionsUnderWay } from '../promote/PromotionsUnderWay.tsx';
import { TrafficPanel } from '../traffic/TrafficPanel.tsx';
import { AbTest } from './AbTest.tsx';
import { CanaryCard } from './CanaryCard.tsx';
import { Lineage } from './Lineage.tsx';
import { NewRelease } from './NewRelease.tsx';
import { Releases } from './Releases.tsx';
import { ShadowCard } from './ShadowCard.tsx';
import { Split } from './Split.tsx';
import type { EndpointActions } from './useEndpointActions.ts';

/** The whole endpoint in one screen: what it is asked, who answers, what is under way. */
export function Overview({ endpoint, actions }: { endpoint: Endpoint; actions: EndpointActions }): ReactElement {
  const t = useTranslate();
  const { releases, description } = endpoint;
  const canaries = releases
    .filter(({ role, canary, plan }) => plan !== null && (role === 'canary' || canary?.verdict === 'rolled-back'))
    .slice(0, 1);
  const shadows = releases.filter(({ role }) => role === 'shadow');
  if (releases.length === 0) {
    return (
      <div className="ck-endpoint-body">
        <PromotionsUnderWay of={{ endpoint: endpoint.name }} />
        <Empty icon="rocket" title={t('It has no release yet')} actions={<NewRelease endpoint={endpoint} actions={actions} />}>
          <p>{t('Promote a model to it from its cell, its run or its version, or release a version that is registered already.')}</p>
        </Empty>
      </div>
    );
  }
  return (
    <div className="ck-endpoint-body">
      <PromotionsUnderWay of={{ endpoint: endpoint.name }} />
      {description && (
        <div className="ck-run-excerpt">
          <Markdown source={description} />
        </div>
      )}
      <TrafficPanel endpoint={endpoint} />
      <div className="ck-endpoint-columns">
        <div>
          {canaries.map((release) => (
            <CanaryCard key={release.id} release={release} actions={actions} />
          ))}
          <Split endpoint={endpoint} actions={actions} />
          {shadows.map((release) => (
            <ShadowCard key={release.id} endpoint={endpoint} release={release} actions={actions} />
          ))}
          <AbTest endpoint={endpoint} />
        </div>
        <div>
          <Releases endpoint={endpoint} actions={actions} />
          <Lineage endpoint={endpoint} />
        </div>
      </div>
    </div>
  );
}
