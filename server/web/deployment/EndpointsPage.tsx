/** All endpoints: how each stands, who gets its traffic, how much it is asked and how fast it answers. */
import type { Endpoint } from '@cellkeep/schema/deployment';
import { type ReactElement, useRef } from 'react';
import { useHost, useTranslate } from '../host.ts';
import { groupThousands } from '../look/format.ts';
import { ListPage } from '../look/ListPage.tsx';
import { useNameSearch } from '../look/nameSearch.ts';
import { ShowMore } from '../look/ShowMore.tsx';
import { Sparkline } from '../look/Sparkline.tsx';
import { Empty, Unanswered } from '../look/states.tsx';
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

const SPAN = 3_600_000; // ms

export default function EndpointsPage(): ReactElement {
  const t = useTranslate();
  const search = useNameSearch();
  const { name } = search;
  const answer = useEndpoints(name ? { text: name } : {});
  useDeploymentWatch();
  const endpoints = findEndpoints(answer.data);

  return (
    <ListPage
      title={t('Endpoints')}
      search={search}
      searchLabel={t('Search endpoints by name')}
      keys={[
        ['↑ ↓', t('go from endpoint to endpoint')],
        ['Enter', t('open it')],
      ]}
      actions={<FindPrediction />}
    >
      <PromotionsUnderWay of={{}} />
      {!answer.data ? (
        <Unanswered answer={answer} rows={6} height={44} />
      ) : endpoints.length === 0 && name ? (
        <Empty
          icon="search"
          title={t('No endpoint has "{name}" in its name.', { name })}
          actions={
            <button type="button" className="ck-btn" onClick={search.clear}>
              {t('Clear the search')}
            </button>
          }
        />
      ) : (
        <div className="ck-scroll">
          {endpoints.length > 0 ? <List endpoints={endpoints} isOld={answer.isPlaceholderData} /> : <FirstEndpoint />}
          <ShowMore answer={answer} />
        </div>
      )}
    </ListPage>
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
