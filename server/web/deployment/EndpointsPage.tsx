/** All endpoints: how each stands, who gets its traffic, how much it is asked and how fast it answers. */
import type { Endpoint } from '@cellkeep/schema/deployment';
import { type KeyboardEvent, type ReactElement, useEffect, useRef, useState } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { groupThousands } from '../look/format.ts';
import { Icon } from '../look/icons.tsx';
import { isTyping, type KeyHint, KeysHelp } from '../look/Keys.tsx';
import { Sparkline } from '../look/Sparkline.tsx';
import { Empty, ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { useVisible } from '../look/useVisible.ts';
import { ViewLink } from '../look/ViewLink.tsx';
import { FindPrediction } from './FindPrediction.tsx';
import { FirstEndpoint } from './FirstEndpoint.tsx';
import { EndpointStateMark } from './Mark.tsx';
import { ModelVersionLink } from './ModelVersionLink.tsx';
import { formatMicros, formatRate, formatShare, sumTraffic } from './numbers.ts';
import { PromotionsUnderWay } from './promote/PromotionsUnderWay.tsx';
import { findEndpoints, mainRelease, useEndpoints, useTraffic } from './queries.ts';
import { SplitBar } from './SplitBar.tsx';
import { useDeploymentWatch } from './watch.ts';
import { stateMeaning } from './words.ts';

const TYPING = 200; // ms without a key before the table follows
const SPAN = 3_600_000; // ms

export default function EndpointsPage(): ReactElement {
  const t = useTranslate();
  const page = useRef<HTMLDivElement>(null);
  const [text, setText] = useState('');
  const [name, setName] = useState('');
  const answer = useEndpoints(name ? { text: name } : {});
  useDeploymentWatch();
  useEffect(() => {
    const timer = setTimeout(() => setName(text.trim()), TYPING);
    return () => clearTimeout(timer);
  }, [text]);
  const endpoints = findEndpoints(answer.data);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === '/' && !isTyping(event.target)) {
      event.preventDefault();
      page.current?.querySelector<HTMLInputElement>('input[type=search]')?.focus();
    } else if (['ArrowDown', 'ArrowUp', 'j', 'k'].includes(event.key)) walk(event);
  };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys of the whole view
    <div ref={page} className="ck-page" onKeyDown={onKeyDown}>
      <OfflineBanner />
      <header className="ck-head">
        <h1>{t('Endpoints')}</h1>
        <span className="ck-grow" />
        <FindPrediction />
        <KeysHelp keys={keyHints(t)} scope={page} />
      </header>
      <div className="ck-bar">
        <label className="ck-query ck-name-query">
          <Icon name="search" size={14} />
          <input
            type="search"
            value={text}
            aria-label={t('Search endpoints by name')}
            placeholder={t('Search by name')}
            onChange={(event) => setText(event.target.value)}
            onKeyDown={(event) => {
              if (event.key === 'Escape') setText('');
            }}
          />
        </label>
      </div>
      <PromotionsUnderWay of={{}} />
      {answer.error && !answer.data ? (
        <ErrorState error={answer.error} onRetry={() => void answer.refetch()} />
      ) : !answer.data ? (
        <Skeleton rows={6} height={44} />
      ) : endpoints.length === 0 && name ? (
        <Empty
          icon="search"
          title={t('No endpoint has "{name}" in its name.', { name })}
          actions={
            <button type="button" className="ck-btn" onClick={() => setText('')}>
              {t('Clear the search')}
            </button>
          }
        />
      ) : (
        <div className="ck-scroll">
          {endpoints.length > 0 ? <List endpoints={endpoints} isOld={answer.isPlaceholderData} /> : <FirstEndpoint />}
          {answer.hasNextPage && (
            <button
              type="button"
              className="ck-btn ck-quiet ck-more-experiments"
              disabled={answer.isFetchingNextPage}
              onClick={() => void answer.fetchNextPage()}
            >
              {t('Show more')}
            </button>
          )}
        </div>
      )}
    </div>
  );
}

function List({ endpoints, isOld }: { endpoints: readonly Endpoint[]; isOld: boolean }): ReactElement {
  const t = useTranslate();
  return (
    <table className="ck-list ck-endpoints" aria-label={t('Endpoints')} aria-busy={isOld}>
      <thead>
        <tr>
          <th>{t('Endpoint')}</th>
          <th>{t('State')}</th>
          <th>{t('Traffic')}</th>
          <th className="ck-num">{t('Requests')}</th>
          <th className="ck-wide">{t('last hour')}</th>
          <th className="ck-num">{t('p95')}</th>
          <th className="ck-num">{t('Errors')}</th>
          <th className="ck-wide">{t('Model')}</th>
          <th className="ck-wide">{t('Notebook')}</th>
          <th className="ck-wide">{t('Changed')}</th>
        </tr>
      </thead>
      <tbody>
        {endpoints.map((endpoint) => (
          <Row key={endpoint.id} endpoint={endpoint} />
        ))}
      </tbody>
      <caption className="ck-spoken">{t('{n} endpoints', { n: groupThousands(endpoints.length) })}</caption>
    </table>
  );
}

function Row({ endpoint }: { endpoint: Endpoint }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const row = useRef<HTMLTableRowElement>(null);
  const isShown = useVisible(row);
  const { data } = useTraffic(endpoint.name, { span: SPAN, points: 60 }, isShown);
  const sum = data ? sumTraffic(data) : null;
  const main = mainRelease(endpoint);
  const path = endpoint.notebookPaths[0];
  return (
    <tr ref={row} onDoubleClick={() => host.navigate({ view: 'endpoint', name: endpoint.name })}>
      <td className="ck-first">
        <ViewLink to={{ view: 'endpoint', name: endpoint.name }} className="ck-run-name" title={endpoint.url}>
          {endpoint.name}
        </ViewLink>
      </td>
      <td title={stateMeaning(endpoint, t)}>
        <EndpointStateMark state={endpoint.state} />
      </td>
      <td>
        <SplitBar endpoint={endpoint} withWords />
      </td>
      <td className="ck-num">{sum ? formatRate(sum.perSecond) : '–'}</td>
      <td className="ck-wide">
        <Sparkline values={(data ?? []).map(({ requests, seconds }) => requests / seconds)} colour="var(--ck-brand)" width={90} />
      </td>
      <td className="ck-num">{sum?.p95Us == null ? '–' : formatMicros(sum.p95Us)}</td>
      <td className={sum && sum.errors > 0 ? 'ck-num ck-bad' : 'ck-num'}>{sum?.errorShare == null ? '–' : formatShare(sum.errorShare)}</td>
      <td className="ck-wide">{main ? <ModelVersionLink name={main.modelName} version={main.version} /> : '–'}</td>
      <td className="ck-wide ck-dim" title={endpoint.notebookPaths.join('\n')}>
        {path && host.openNotebook ? (
          <button type="button" className="ck-link" onClick={() => host.openNotebook?.(path)}>
            {path.split('/').at(-1)}
          </button>
        ) : (
          path?.split('/').at(-1)
        )}
      </td>
      <td className="ck-wide ck-dim">
        <Ago at={endpoint.updatedAt} />
      </td>
    </tr>
  );
}

/** Arrows go from name to name. */
function walk(event: KeyboardEvent): void {
  if (isTyping(event.target)) return;
  const names: Element[] = [...event.currentTarget.querySelectorAll('.ck-endpoints a.ck-run-name')];
  const at = document.activeElement ? names.indexOf(document.activeElement) : -1;
  const by = event.key === 'ArrowDown' || event.key === 'j' ? 1 : -1;
  const next = names[at < 0 ? 0 : at + by];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus();
}

const keyHints = (t: ReturnType<typeof useTranslate>): KeyHint[] => [
  ['↑ ↓', t('go from endpoint to endpoint')],
  ['Enter', t('open it')],
  ['/', t('go to the search')],
  ['?', t('show these keys')],
];
