/** One endpoint: how it is asked and answers, who of its releases does, whether it still sees what it was trained on, and how it is set. */
import type { Endpoint } from '@cellkeep/schema/deployment';
import { type ReactElement, useEffect, useRef, useState } from 'react';
import { useTranslate } from '../host.ts';
import { isTyping, type KeyHint } from '../look/Keys.tsx';
import { ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { isMissing } from '../tracking/queries.ts';
import { Tabs } from '../tracking/run/Tabs.tsx';
import { Drift } from './endpoint/Drift.tsx';
import { EndpointHead } from './endpoint/EndpointHead.tsx';
import { Machines } from './endpoint/Machines.tsx';
import { Overview } from './endpoint/Overview.tsx';
import { Settings } from './endpoint/Settings.tsx';
import { ENDPOINT_TABS, type EndpointTab, endpointTabOf } from './endpoint/tabs.ts';
import { useEndpointActions } from './endpoint/useEndpointActions.ts';
import { Missing } from './Missing.tsx';
import { Requests } from './predictions/Requests.tsx';
import { useEndpoint } from './queries.ts';
import { TryIt } from './tryit/TryIt.tsx';
import { UseIt } from './use/UseIt.tsx';
import { useDeploymentWatch } from './watch.ts';

export default function EndpointPage({
  name,
  tab,
  asked,
  onTab,
}: {
  name: string;
  tab?: string | undefined;
  /** Another object each time that somebody asks for the page, who then is to see the part that they asked for. */
  asked?: object;
  /** Told of the chosen tab; absent: the page keeps it itself. */
  onTab?: (tab: string) => void;
}): ReactElement {
  const t = useTranslate();
  const { data: endpoint, error, refetch } = useEndpoint(name);
  useDeploymentWatch();
  if (!endpoint && error) {
    if (isMissing(error)) return <Missing what={t('There is no such endpoint')} id={name} />;
    return <ErrorState error={error} onRetry={() => void refetch()} />;
  }
  if (!endpoint) {
    return (
      <div className="ck-page ck-run-page">
        <OfflineBanner />
        <Skeleton rows={12} />
      </div>
    );
  }
  if (endpoint.deletedAt !== null) return <Missing what={t('This endpoint was deleted')} id={name} />;
  return <Page endpoint={endpoint} tab={tab} asked={asked} onTab={onTab} />;
}

function Page({
  endpoint,
  tab: said,
  asked,
  onTab,
}: {
  endpoint: Endpoint;
  tab: string | undefined;
  asked: object | undefined;
  onTab: ((tab: string) => void) | undefined;
}): ReactElement {
  const t = useTranslate();
  const page = useRef<HTMLDivElement>(null);
  const actions = useEndpointActions(endpoint.name);
  const [own, setOwn] = useState<EndpointTab>(() => endpointTabOf(said));
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked for again it shows that part again
  useEffect(() => {
    if (said !== undefined) setOwn(endpointTabOf(said));
  }, [said, asked]);
  const tab = onTab ? endpointTabOf(said) : own;
  const show = (next: EndpointTab) => (onTab ? onTab(next) : setOwn(next));
  useEffect(() => {
    const element = page.current;
    if (!element) return;
    const onKey = (event: KeyboardEvent) => {
      if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
      const chosen = ENDPOINT_TABS[Number(event.key) - 1];
      if (!chosen) return;
      show(chosen);
      event.preventDefault();
      event.stopPropagation();
    };
    element.addEventListener('keydown', onKey);
    return () => element.removeEventListener('keydown', onKey);
  });
  const labels: Record<EndpointTab, string> = {
    overview: t('Overview'),
    try: t('Try it'),
    requests: t('Requests'),
    drift: t('Drift'),
    use: t('Use'),
    hosts: t('Hosts'),
    settings: t('Settings'),
  };
  const counts: Partial<Record<EndpointTab, number>> = { hosts: endpoint.hosts.filter(({ state }) => state !== 'stopped').length };
  const { name } = endpoint;
  return (
    <div ref={page} className="ck-page ck-run-page ck-endpoint-page">
      <OfflineBanner />
      <EndpointHead endpoint={endpoint} actions={actions} scope={page} keyHints={keyHints(t)} />
      <Tabs
        label={t('Parts of the endpoint')}
        tabs={ENDPOINT_TABS.map((id) => ({ id, label: labels[id], count: counts[id] ?? 0, to: { view: 'endpoint', name, tab: id } }))}
        selected={tab}
        onSelect={show}
      >
        {tab === 'overview' && <Overview endpoint={endpoint} actions={actions} />}
        {tab === 'try' && (
          <div className="ck-endpoint-body">
            <TryIt endpoint={endpoint} />
          </div>
        )}
        {tab === 'requests' && <Requests endpoint={endpoint} />}
        {tab === 'drift' && <Drift endpoint={endpoint} />}
        {tab === 'use' && <UseIt endpoint={endpoint} />}
        {tab === 'hosts' && <Machines endpoint={endpoint} />}
        {tab === 'settings' && <Settings endpoint={endpoint} actions={actions} />}
      </Tabs>
    </div>
  );
}

const keyHints = (t: ReturnType<typeof useTranslate>): KeyHint[] => [
  ['1 … 7', t('go to a part of the endpoint')],
  ['← →', t('read values, on a chart; go from part to part, on the list of parts')],
  ['Esc', t('show all of a chart; close the request')],
  ['?', t('show these keys')],
];
