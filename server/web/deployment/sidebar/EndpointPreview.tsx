/** The chosen endpoint at a glance: what it does now, who answers, where it is, how it is asked, what can be done. */
import type { Endpoint, Release } from '@cellkeep/schema/deployment';
import { type ReactElement, useState } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { Code } from '../../look/Code.tsx';
import { CopyButton } from '../../look/CopyButton.tsx';
import { Icon } from '../../look/icons.tsx';
import { Ago } from '../../look/Time.tsx';
import { releaseBefore, useEndpointActions } from '../endpoint/useEndpointActions.ts';
import { EndpointStateMark, RoleChip } from '../Mark.tsx';
import { formatShare } from '../numbers.ts';
import { mainRelease, useTraffic } from '../queries.ts';
import { releaseName, releaseStyle } from '../releaseStyle.ts';
import { TrafficNumbers } from '../TrafficNumbers.tsx';
import { useExample } from '../tryit/useExample.ts';
import { sidebarSnippets } from '../use/snippets.ts';
import { stateMeaning } from '../words.ts';

const SPAN = 900_000; // ms
const MOST_RELEASES = 4;

export function EndpointPreview({ endpoint }: { endpoint: Endpoint }): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const actions = useEndpointActions(endpoint.name);
  const { data } = useTraffic(endpoint.name, { span: SPAN, points: 90 });
  const before = releaseBefore(endpoint);
  const isStopped = endpoint.wanted === 'stopped';
  const active = endpoint.releases.filter(({ role }) => role !== 'retired' && role !== 'failed');
  const shown = [...active, ...endpoint.releases.filter((release) => !active.includes(release))].slice(0, MOST_RELEASES);
  return (
    <section className="ck-preview ck-endpoint-preview" aria-label={t('Preview of {name}', { name: endpoint.name })}>
      <header>
        <b title={endpoint.name}>{endpoint.name}</b>
        <span className="ck-grow" />
        <EndpointStateMark state={endpoint.state} />
      </header>
      {(endpoint.message || endpoint.state !== 'ready') && <p className="ck-preview-none ck-dim">{stateMeaning(endpoint, t)}</p>}
      <TrafficNumbers slots={data} />
      <ul className="ck-release-lines" aria-label={t('Releases')}>
        {shown.map((release) => (
          <ReleaseLine key={release.id} release={release} releases={shown} />
        ))}
      </ul>
      <div className="ck-address">
        <code className="ck-mono" title={endpoint.url}>
          {endpoint.url}
        </code>
        <CopyButton text={endpoint.url} label={t('Copy the address')} />
      </div>
      <Snippets endpoint={endpoint} />
      <div className="ck-preview-actions">
        <button type="button" className="ck-btn ck-primary" onClick={() => host.navigate({ view: 'endpoint', name: endpoint.name })}>
          <Icon name="chart" size={14} /> {t('Open')}
        </button>
        <button type="button" className="ck-btn" onClick={() => host.navigate({ view: 'endpoint', name: endpoint.name, tab: 'try' })}>
          <Icon name="play" size={14} /> {t('Try it')}
        </button>
        {actions.mayChange && before && (
          <button
            type="button"
            className="ck-btn"
            title={t('Back to {version}, at once', { version: releaseName(before) })}
            onClick={() => void actions.rollBack()}
          >
            <Icon name="undo" size={14} /> {t('Roll back')}
          </button>
        )}
        {actions.mayChange && (
          <button type="button" className="ck-btn" onClick={() => void (isStopped ? actions.start() : actions.stop())}>
            <Icon name={isStopped ? 'play' : 'stop'} size={14} /> {isStopped ? t('Start') : t('Stop')}
          </button>
        )}
      </div>
    </section>
  );
}

function ReleaseLine({ release, releases }: { release: Release; releases: readonly Release[] }): ReactElement {
  return (
    <li data-role={release.role} title={release.message}>
      <i className="ck-release-swatch" style={{ background: releaseStyle(release).colour }} aria-hidden="true" />
      <span className="ck-release-name">{releaseName(release, releases)}</span>
      <RoleChip role={release.role} />
      <span className="ck-grow" />
      {release.weight > 0 && <span>{formatShare(release.weight)}</span>}
      <span className="ck-faint">
        <Ago at={release.liveAt ?? release.createdAt} />
      </span>
    </li>
  );
}

function Snippets({ endpoint }: { endpoint: Endpoint }): ReactElement {
  const release = mainRelease(endpoint);
  const { bundle, example } = useExample(release);
  const [open, setOpen] = useState<string | null>(null);
  const snippets = sidebarSnippets({
    endpoint,
    signature: bundle?.signature ?? null,
    example: example ?? null,
    modelName: release?.modelName,
  });
  const shown = snippets.find(({ id }) => id === open);
  return (
    <div className="ck-snippets">
      <div className="ck-segments">
        {snippets.map(({ id, label }) => (
          <button key={id} type="button" aria-pressed={open === id} onClick={() => setOpen(open === id ? null : id)}>
            {label}
          </button>
        ))}
      </div>
      {shown && <Code source={shown.code} plain={shown.language !== 'python'} />}
    </div>
  );
}
