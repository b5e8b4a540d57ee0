import type { ReactElement } from 'react';
import { Link } from 'wouter';
import { EventLog } from '../governance/EventLog.tsx';
import { useTranslate } from '../host.ts';
import { ErrorState, OfflineBanner, Skeleton } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { useMe } from './queries.ts';
import { TokensSection } from './TokensSection.tsx';
import { UsersSection } from './UsersSection.tsx';

/** Who am I, which keys open this server, who else may, what was changed. A page of the server UI only. */
export function SettingsPage({ tab = 'tokens' }: { tab?: string }): ReactElement {
  const t = useTranslate();
  const me = useMe();
  if (me.error && !me.data) return <ErrorState error={me.error} onRetry={() => void me.refetch()} />;
  if (!me.data) return <Skeleton />;
  const { user, workspace, server } = me.data;
  const tabs: [string, string][] = [
    ['tokens', t('Tokens')],
    ['users', t('Users')],
    ['log', t('Audit log')],
  ];
  return (
    <div className="ck-page ck-settings">
      <OfflineBanner />
      <header className="ck-head">
        <h1>{t('Settings')}</h1>
      </header>
      <dl className="ck-cards">
        <div>
          <dt>{t('You')}</dt>
          <dd>{user.name}</dd>
          <dd className="ck-dim">{roleText(user.role, t)}</dd>
        </div>
        <div>
          <dt>{t('Workspace')}</dt>
          <dd>{workspace.name}</dd>
        </div>
        <div>
          <dt>{t('Server')}</dt>
          <dd>Cellkeep {server.version}</dd>
          <dd className="ck-dim">
            {t('started')} <Ago at={server.startedAt} />
          </dd>
        </div>
      </dl>
      <nav className="ck-tabs" aria-label={t('Parts of the settings')}>
        {tabs.map(([id, label]) => (
          <Link key={id} href={`/settings/${id}`} replace aria-current={tab === id ? 'page' : undefined}>
            {label}
          </Link>
        ))}
      </nav>
      <div className="ck-scroll ck-settings-body">
        {tab === 'users' ? <UsersSection me={user} /> : tab === 'log' ? <EventLog /> : <TokensSection me={user} />}
      </div>
    </div>
  );
}

export function roleText(role: 'owner' | 'editor' | 'viewer', t: ReturnType<typeof useTranslate>): string {
  return { owner: t('owner: everything'), editor: t('editor: reads and writes'), viewer: t('viewer: reads') }[role];
}
