/** The releases, newest first: what each does, since when, why it went. */
import type { Endpoint, Release } from '@cellkeep/schema/deployment';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { exactTime } from '../../look/format.ts';
import { Icon } from '../../look/icons.tsx';
import { MenuButton, type MenuItem } from '../../look/Menu.tsx';
import { Ago } from '../../look/Time.tsx';
import { Section } from '../../tracking/run/Section.tsx';
import { RoleChip } from '../Mark.tsx';
import { ModelVersionLink } from '../ModelVersionLink.tsx';
import { formatShare } from '../numbers.ts';
import { releaseStyle } from '../releaseStyle.ts';
import { NewRelease } from './NewRelease.tsx';
import type { EndpointActions } from './useEndpointActions.ts';

export function Releases({ endpoint, actions }: { endpoint: Endpoint; actions: EndpointActions }): ReactElement {
  const t = useTranslate();
  return (
    <Section title={t('Releases')} count={endpoint.releases.length} aside={<NewRelease endpoint={endpoint} actions={actions} />}>
      <ol className="ck-releases">
        {endpoint.releases.map((release) => (
          <li key={release.id} data-role={release.role}>
            <i className="ck-release-swatch" style={{ background: releaseStyle(release).colour }} aria-hidden="true" />
            <div className="ck-release-body">
              <div className="ck-release-line">
                <b>
                  <ModelVersionLink name={release.modelName} version={release.version} />
                </b>
                <RoleChip role={release.role} />
                {release.weight > 0 && <span>{formatShare(release.weight)}</span>}
                <span className="ck-grow" />
                <Menu release={release} endpoint={endpoint} actions={actions} />
              </div>
              <p className="ck-release-note">
                #{release.number} · {release.runtime} · {release.userName} ·{' '}
                <span title={datesOf(release, t)}>
                  <Ago at={release.liveAt ?? release.createdAt} />
                </span>
                {release.header && (
                  <>
                    {' · '}
                    <code className="ck-mono" title={t('Requests with this header come here whatever the weights')}>
                      {release.header.name}: {release.header.value}
                    </code>
                  </>
                )}
              </p>
              {release.message && (
                <p className={release.role === 'failed' ? 'ck-release-message ck-bad' : 'ck-release-message'}>{release.message}</p>
              )}
            </div>
          </li>
        ))}
      </ol>
    </Section>
  );
}

function datesOf({ createdAt, liveAt, retiredAt }: Release, t: ReturnType<typeof useTranslate>): string {
  return [
    t('asked for: {time}', { time: exactTime(createdAt) }),
    liveAt !== null && t('live: {time}', { time: exactTime(liveAt) }),
    retiredAt !== null && t('retired: {time}', { time: exactTime(retiredAt) }),
  ]
    .filter(Boolean)
    .join('\n');
}

function Menu({ release, endpoint, actions }: { release: Release; endpoint: Endpoint; actions: EndpointActions }): ReactElement | null {
  const t = useTranslate();
  const { role, modelName, version } = release;
  const isOnlyLive = role === 'live' && endpoint.releases.filter((one) => one.role === 'live').length === 1;
  const items: MenuItem[] = [];
  if (actions.mayChange && (role === 'retired' || role === 'failed' || role === 'standby')) {
    items.push({
      label: t('Release it again'),
      icon: 'rocket',
      onSelect: () => void actions.release({ endpoint: endpoint.name, modelName, version, how: 'replace' }),
    });
  }
  if (actions.mayChange && role === 'canary')
    items.push({ label: t('Finish: all the traffic now'), icon: 'check', onSelect: () => void actions.finishCanary(release) });
  if (actions.mayChange && role !== 'retired' && role !== 'failed' && !isOnlyLive) {
    items.push({ label: t('Retire'), icon: 'archive', danger: true, onSelect: () => void actions.retire(release) });
  }
  items.push({ label: t('Copy the id'), icon: 'copy', onSelect: () => void navigator.clipboard.writeText(release.id) });
  return (
    <MenuButton
      label={t('Actions for {name} v{version}', { name: modelName, version })}
      className="ck-icon-btn"
      align="end"
      items={() => items}
    >
      <Icon name="more" />
    </MenuButton>
  );
}
