import type { Endpoint } from '@cellkeep/schema/deployment';
import type { ReactElement } from 'react';
import { useTranslate } from '../host.ts';
import { formatShare } from './numbers.ts';
import { servingReleases } from './queries.ts';
import { releaseName, releaseStyle } from './releaseStyle.ts';

/** Who gets how much of the traffic, in one line; said in words to who cannot see it. */
export function SplitBar({
  endpoint,
  withWords = false,
}: {
  endpoint: Pick<Endpoint, 'releases'>;
  withWords?: boolean;
}): ReactElement | null {
  const t = useTranslate();
  const serving = servingReleases(endpoint);
  if (serving.length === 0) return null;
  const said = serving.map((release) => `${releaseName(release, serving)} ${formatShare(release.weight)}`);
  return (
    <span className="ck-split" title={t('Traffic: {split}', { split: said.join(', ') })}>
      <span className="ck-split-bar" aria-hidden="true">
        {serving.map((release) => (
          <i key={release.id} style={{ flexGrow: release.weight, background: releaseStyle(release).colour }} />
        ))}
      </span>
      {withWords ? (
        <span className="ck-split-words">{said.join(' · ')}</span>
      ) : (
        <span className="ck-spoken">{t('Traffic: {split}', { split: said.join(', ') })}</span>
      )}
    </span>
  );
}
