/** The processes that answer, and what they say. */
import type { Endpoint, Host } from '@cellkeep/schema/deployment';
import type { ReactElement } from 'react';
import { useTranslate } from '../../host.ts';
import { formatBytes } from '../../look/format.ts';
import { Empty } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { Section } from '../../tracking/run/Section.tsx';
import { Mark } from '../Mark.tsx';
import { HOST_MOODS, hostWord } from '../words.ts';
import { Logs } from './Logs.tsx';

export function Machines({ endpoint }: { endpoint: Endpoint }): ReactElement {
  const t = useTranslate();
  const { hosts, settings, directUrl } = endpoint;
  return (
    <div className="ck-endpoint-body">
      <Section title={t('Hosts')} count={hosts.length}>
        {hosts.length === 0 ? (
          <Empty icon="layers" title={t('No host runs')}>
            <p>
              {endpoint.state === 'asleep'
                ? t('Nobody asked for a while. The next request starts {n}.', { n: settings.replicas })
                : t('They start with the first release, and when it is started again.')}
            </p>
          </Empty>
        ) : (
          <div className="ck-rows-table">
            <table className="ck-list" aria-label={t('Hosts')}>
              <thead>
                <tr>
                  <th>{t('State')}</th>
                  <th>{t('Machine')}</th>
                  <th>{t('Address')}</th>
                  <th className="ck-num">{t('pid')}</th>
                  <th className="ck-num">{t('Memory')}</th>
                  <th className="ck-num">{t('Restarts')}</th>
                  <th>{t('Since')}</th>
                  <th>{t('Heard')}</th>
                </tr>
              </thead>
              <tbody>
                {hosts.map((host) => (
                  <HostRow key={host.id} host={host} />
                ))}
              </tbody>
            </table>
          </div>
        )}
        {directUrl && (
          <p className="ck-field-note">
            {t('Without the way through the server:')} <code className="ck-mono">{directUrl}</code>
          </p>
        )}
      </Section>
      <Logs endpoint={endpoint} />
    </div>
  );
}

function HostRow({ host }: { host: Host }): ReactElement {
  const t = useTranslate();
  const { machine, address, pid, state, restarts, message, rssBytes, startedAt, seenAt } = host;
  return (
    <tr data-off={state === 'stopped' ? '' : undefined}>
      <td title={message}>
        <Mark {...HOST_MOODS[state]}>{hostWord(state, t)}</Mark>
        {message && <span className="ck-dim"> {message}</span>}
      </td>
      <td>{machine}</td>
      <td className="ck-mono">{address}</td>
      <td className="ck-num ck-mono">{pid}</td>
      <td className="ck-num">{rssBytes === null ? '–' : formatBytes(rssBytes)}</td>
      <td className={restarts > 0 ? 'ck-num ck-warned' : 'ck-num'}>{restarts}</td>
      <td>
        <Ago at={startedAt} />
      </td>
      <td>
        <Ago at={seenAt} />
      </td>
    </tr>
  );
}
