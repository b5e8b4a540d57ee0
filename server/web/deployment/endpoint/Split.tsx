/** Who gets how much: a slider for each release that can answer, which together are always all of it. */
import type { Endpoint, Release } from '@cellkeep/schema/deployment';
import { type ReactElement, useState } from 'react';
import { useTranslate } from '../../host.ts';
import { Section } from '../../tracking/run/Section.tsx';
import { formatShare } from '../numbers.ts';
import { releaseName, releaseStyle } from '../releaseStyle.ts';
import { moveShare } from './moveShare.ts';
import type { EndpointActions } from './useEndpointActions.ts';

export function Split({ endpoint, actions }: { endpoint: Endpoint; actions: EndpointActions }): ReactElement | null {
  const t = useTranslate();
  const parts = endpoint.releases.filter(({ role }) => role === 'live' || role === 'canary' || role === 'standby');
  const [wanted, setWanted] = useState<Record<string, number> | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isLed = parts.some(({ role }) => role === 'canary');
  // What was chosen for other releases than those that are there means nothing.
  const isFit = wanted !== null && parts.every(({ id }) => id in wanted) && Object.keys(wanted).length === parts.length;
  const weights = isFit ? wanted : Object.fromEntries(parts.map(({ id, weight }) => [id, weight]));
  const isChanged = parts.some(({ id, weight }) => Math.abs((weights[id] ?? 0) - weight) > 1e-9);
  if (parts.length < 2) return null;
  const apply = async () => {
    setBusy(true);
    // One that stands by and is given nothing goes on standing by, to be rolled back to.
    const named = parts.filter(({ id, role }) => role !== 'standby' || (weights[id] ?? 0) > 0);
    const done = await actions.setTraffic(
      named.map(({ id }) => ({ releaseId: id, weight: weights[id] ?? 0 })),
      endpoint.updatedAt,
    );
    setBusy(false);
    if (done) setWanted(null);
  };
  return (
    <Section title={t('Traffic split')}>
      <div className="ck-split-bar ck-split-big" aria-hidden="true">
        {parts.map((release) => (
          <i key={release.id} style={{ flexGrow: weights[release.id] ?? 0, background: releaseStyle(release).colour }} />
        ))}
      </div>
      <div className="ck-split-sliders">
        {parts.map((release) => (
          <Slider
            key={release.id}
            release={release}
            name={releaseName(release, parts)}
            weight={weights[release.id] ?? 0}
            isFixed={!actions.mayChange}
            onWeight={(weight) => setWanted(moveShare(weights, release.id, weight))}
          />
        ))}
      </div>
      {isLed && actions.mayChange && <p className="ck-field-note">{t('A canary is on its way: a split of your own ends its plan.')}</p>}
      {isChanged && (
        <div className="ck-promote-buttons">
          <button type="button" className="ck-btn ck-primary" disabled={isBusy} onClick={() => void apply()}>
            {t('Apply')}
          </button>
          <button type="button" className="ck-btn" onClick={() => setWanted(null)}>
            {t('As it is')}
          </button>
        </div>
      )}
    </Section>
  );
}

function Slider({
  release,
  name,
  weight,
  isFixed,
  onWeight,
}: {
  release: Release;
  name: string;
  weight: number;
  isFixed: boolean;
  onWeight: (weight: number) => void;
}): ReactElement {
  const t = useTranslate();
  return (
    <label className="ck-split-slider">
      <i className="ck-release-swatch" style={{ background: releaseStyle(release).colour }} aria-hidden="true" />
      <span className="ck-release-name">{name}</span>
      <input
        type="range"
        min={0}
        max={100}
        step={1}
        disabled={isFixed}
        value={Math.round(weight * 100)}
        aria-label={t('Share of {name}', { name })}
        aria-valuetext={formatShare(weight)}
        onChange={(event) => onWeight(Number(event.target.value) / 100)}
      />
      <output>{formatShare(Math.round(weight * 1e4) / 1e4)}</output>
    </label>
  );
}
