import { type ReactElement, useState } from 'react';
import { Link, useRoute } from 'wouter';
import { InboxBell } from '../collaboration/InboxBell.tsx';
import { useTranslate } from '../host.ts';
import { ConnectionDot } from '../look/ConnectionDot.tsx';
import { Brand, Icon, type IconName } from '../look/icons.tsx';
import { MenuButton } from '../look/Menu.tsx';
import { HelpDialog } from './HelpDialog.tsx';
import { chooseTheme, type ThemeChoice, useThemeChoice } from './theme.ts';

export function Header({ userName, onLogOut }: { userName: string; onLogOut: () => void }): ReactElement {
  const t = useTranslate();
  const theme = useThemeChoice();
  const [isHelpOpen, setHelpOpen] = useState(false);
  const themes: [ThemeChoice, string, IconName][] = [
    ['light', t('Light'), 'sun'],
    ['dark', t('Dark'), 'moon'],
    ['system', t('As the system'), 'auto'],
  ];
  const themeIcon = themes.find(([choice]) => choice === theme)?.[2] ?? 'auto';
  return (
    <header className="ck-app-head">
      <Link href="/experiments" className="ck-app-brand">
        <Brand /> <span>Cellkeep</span>
      </Link>
      <nav aria-label={t('Main')}>
        <Tab href="/experiments" also={['/experiments/:id/:part?', '/runs/:id/:tab?', '/compare']} icon="flask">
          {t('Experiments')}
        </Tab>
        <Tab
          href="/models"
          also={['/models/:name/:tab?', '/models/:name/versions/:version/:tab?', '/models/:name/compare/:a/:b']}
          icon="box"
        >
          {t('Models')}
        </Tab>
        <Tab href="/deployment" also={['/deployment/:name/:tab?', '/predictions/:id', '/promotions/:id']} icon="rocket">
          {t('Endpoints')}
        </Tab>
        <Tab href="/reports" also={['/reports/:id']} icon="report">
          {t('Reports')}
        </Tab>
        <Tab href="/settings" also={['/settings/:tab?']} icon="gear">
          {t('Settings')}
        </Tab>
      </nav>
      <span className="ck-grow" />
      <ConnectionDot withWord />
      <InboxBell />
      <MenuButton
        label={t('Theme')}
        title={t('Theme')}
        className="ck-icon-btn"
        align="end"
        items={() =>
          themes.map(([choice, label, icon]) => ({ label, icon, checked: choice === theme, onSelect: () => chooseTheme(choice) }))
        }
      >
        <Icon name={themeIcon} />
      </MenuButton>
      <button type="button" className="ck-icon-btn" aria-label={t('Help')} title={t('Help')} onClick={() => setHelpOpen(true)}>
        <b aria-hidden="true">?</b>
      </button>
      <MenuButton
        label={t('Account: {name}', { name: userName })}
        className="ck-chip ck-user"
        align="end"
        items={() => [{ label: t('Log out'), icon: 'door', onSelect: onLogOut }]}
      >
        <span>{userName || '…'}</span>
      </MenuButton>
      {isHelpOpen && <HelpDialog onClose={() => setHelpOpen(false)} />}
    </header>
  );
}

function Tab({ href, also, icon, children }: { href: string; also: string[]; icon: IconName; children: string }): ReactElement {
  const [isExact] = useRoute(href);
  const [isFirst] = useRoute(also[0] ?? href);
  const [isSecond] = useRoute(also[1] ?? href);
  const [isThird] = useRoute(also[2] ?? href);
  return (
    <Link href={href} aria-current={isExact || isFirst || isSecond || isThird ? 'page' : undefined} aria-label={children}>
      <Icon name={icon} size={15} /> <span className="ck-wide">{children}</span>
    </Link>
  );
}
