// biome-ignore-all lint/a11y/useSemanticElements: rows of two lines with keys of their own; a select has neither
import type { Endpoint } from '@cellkeep/schema/deployment';
import { type KeyboardEvent, type ReactElement, type ReactNode, useId, useRef } from 'react';
import { useHost, useTranslate } from '../../host.ts';
import { Sparkline } from '../../look/Sparkline.tsx';
import { useVisible } from '../../look/useVisible.ts';
import { EndpointStateMark } from '../Mark.tsx';
import { formatMicros, formatRate, formatShare, sumTraffic } from '../numbers.ts';
import { useTraffic } from '../queries.ts';
import { SplitBar } from '../SplitBar.tsx';
import { stateMeaning, stateWord } from '../words.ts';

const SPAN = 900_000; // ms

/** One stop of the keyboard; a click or an arrow chooses, Enter opens beside. */
export function EndpointList({
  endpoints,
  chosen,
  onChoose,
  children,
}: {
  endpoints: readonly Endpoint[];
  chosen: string | null;
  onChoose: (name: string) => void;
  children?: ReactNode;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const base = useId();
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.metaKey || event.ctrlKey || event.altKey) return;
    const at = endpoints.findIndex(({ name }) => name === chosen);
    const moves: Record<string, number> = { ArrowDown: at + 1, j: at + 1, ArrowUp: at - 1, k: at - 1, Home: 0, End: endpoints.length - 1 };
    const to = moves[event.key];
    if (event.key === 'Enter' && chosen) host.navigate({ view: 'endpoint', name: chosen });
    else if (to !== undefined) {
      const next = endpoints[Math.max(0, Math.min(endpoints.length - 1, to))];
      if (next) {
        onChoose(next.name);
        document.getElementById(`${base}${next.name}`)?.scrollIntoView({ block: 'nearest' });
      }
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <section className="ck-deploy-part" aria-label={t('Endpoints')}>
      <h3>
        {t('Endpoints')} <span className="ck-faint">{endpoints.length}</span>
      </h3>
      <div
        ref={list}
        role="listbox"
        aria-label={t('Endpoints')}
        aria-activedescendant={chosen ? `${base}${chosen}` : undefined}
        className="ck-items ck-endpoint-items"
        tabIndex={0}
        onKeyDown={onKeyDown}
      >
        {endpoints.map((endpoint) => (
          <Item
            key={endpoint.id}
            id={`${base}${endpoint.name}`}
            endpoint={endpoint}
            isChosen={endpoint.name === chosen}
            onChoose={() => {
              onChoose(endpoint.name);
              list.current?.focus({ preventScroll: true });
            }}
          />
        ))}
      </div>
      {children}
    </section>
  );
}

function Item({
  id,
  endpoint,
  isChosen,
  onChoose,
}: {
  id: string;
  endpoint: Endpoint;
  isChosen: boolean;
  onChoose: () => void;
}): ReactElement {
  const t = useTranslate();
  const host = useHost();
  const row = useRef<HTMLDivElement>(null);
  const isShown = useVisible(row);
  const { data } = useTraffic(endpoint.name, { span: SPAN, points: 45 }, isShown);
  const sum = data ? sumTraffic(data) : null;
  const { state, name } = endpoint;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the list has the keys
    // biome-ignore lint/a11y/useFocusableInteractive: the list points at it by aria-activedescendant
    <div
      ref={row}
      id={id}
      role="option"
      aria-selected={isChosen}
      className="ck-item ck-endpoint-item"
      data-active={isChosen ? '' : undefined}
      data-state={state}
      onClick={onChoose}
      onDoubleClick={() => host.navigate({ view: 'endpoint', name })}
    >
      <div className="ck-item-cell">
        <span title={stateMeaning(endpoint, t)}>
          <EndpointStateMark state={state} isBare />
        </span>
        <span className="ck-item-name" title={endpoint.url}>
          {name}
        </span>
        <span className="ck-item-value">
          {state === 'ready' || state === 'degraded' ? (sum ? formatRate(sum.perSecond) : '–') : stateWord(state, t)}
        </span>
        <Sparkline values={(data ?? []).map(({ requests, seconds }) => requests / seconds)} colour="var(--ck-brand)" />
        <div className="ck-item-note">
          <SplitBar endpoint={endpoint} />
          {sum?.requests === 0 ? (
            <span title={t('in the last 15 minutes')}>{t('no requests')}</span>
          ) : (
            <>
              <span title={t('95 of 100 answers took no longer')}>p95 {sum?.p95Us == null ? '–' : formatMicros(sum.p95Us)}</span>
              <span className={sum && sum.errors > 0 ? 'ck-bad' : undefined} title={t('Answers of 5xx in the last 15 minutes')}>
                {t('errors')} {sum?.errorShare == null ? '–' : formatShare(sum.errorShare)}
              </span>
            </>
          )}
        </div>
      </div>
    </div>
  );
}
