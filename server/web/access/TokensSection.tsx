import { type FormEvent, type ReactElement, useState } from 'react';
import { useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { Icon } from '../look/icons.tsx';
import { LineField } from '../look/LineField.tsx';
import { SecretOnce } from '../look/SecretOnce.tsx';
import { Empty, Unanswered } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { TokenEnd, TokenEndField } from '../look/TokenEnd.tsx';
import { type Token, type User, useAttempt, useTokens } from './queries.ts';

const DAY = 86_400_000; // ms

/** Keys of scripts and kernels. A new one's secret is shown once; what is stored is only its hash. */
export function TokensSection({ me }: { me: User }): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const attempt = useAttempt();
  const tokens = useTokens();
  const [label, setLabel] = useState('');
  const [days, setDays] = useState('0');
  const [made, setMade] = useState<{ label: string; secret: string } | null>(null);

  const create = async (event: FormEvent) => {
    event.preventDefault();
    const clean = label.trim();
    if (!clean) return;
    const expiresAt = Number(days) > 0 ? Date.now() + Number(days) * DAY : undefined;
    const answer = await attempt(() => client.access.tokens.create({ label: clean, expiresAt }), 'tokens');
    if (!answer) return;
    setMade({ label: clean, secret: answer.secret });
    setLabel('');
  };
  const revoke = async (token: Token) => {
    await attempt(() => client.access.tokens.revoke({ id: token.id }), 'tokens');
  };

  return (
    <section aria-label={t('Tokens')}>
      <p className="ck-dim">
        {t('A token lets a kernel, a script or a CI job in as you. Give each its own, so that one can be revoked alone.')}
      </p>
      <form className="ck-line-form" onSubmit={(event) => void create(event)}>
        <LineField
          value={label}
          maxLength={250}
          label={t('What the token is for')}
          hint={t('what it is for, like "laptop"')}
          onText={setLabel}
        />
        <TokenEndField days={days} onDays={setDays} />
        <button type="submit" className="ck-btn ck-primary" disabled={!label.trim()}>
          <Icon name="plus" size={14} /> {t('Make a token')}
        </button>
      </form>
      {made && (
        <SecretOnce
          title={t('The secret of "{label}", shown only now:', { label: made.label })}
          secret={made.secret}
          copyLabel={t('Copy the secret')}
          onDone={() => setMade(null)}
        />
      )}
      {!tokens.data ? (
        <Unanswered answer={tokens} rows={3} />
      ) : tokens.data.length === 0 ? (
        <Empty icon="key" title={t('No tokens')} />
      ) : (
        <table className="ck-list">
          <thead>
            <tr>
              <th>{t('For')}</th>
              <th>{t('Begins with')}</th>
              <th className="ck-wide">{t('Of')}</th>
              <th className="ck-wide">{t('Made')}</th>
              <th>{t('Last used')}</th>
              <th className="ck-wide">{t('Ends')}</th>
              <th>
                <span className="ck-spoken">{t('Actions')}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {tokens.data.map((token) => (
              <TokenRow key={token.id} token={token} isOwn={token.userId === me.id} onRevoke={() => void revoke(token)} />
            ))}
          </tbody>
        </table>
      )}
    </section>
  );
}

function TokenRow({ token, isOwn, onRevoke }: { token: Token; isOwn: boolean; onRevoke: () => void }): ReactElement {
  const t = useTranslate();
  const [isSure, setSure] = useState(false);
  return (
    <tr>
      <td className="ck-first" title={token.label}>
        {token.label}
      </td>
      <td className="ck-mono">{token.prefix}…</td>
      <td className="ck-wide ck-dim">{isOwn ? t('you') : token.userName}</td>
      <td className="ck-wide ck-dim">
        <Ago at={token.createdAt} />
      </td>
      <td className="ck-dim">{token.lastUsedAt === null ? t('never') : <Ago at={token.lastUsedAt} />}</td>
      <td className="ck-wide ck-dim">
        <TokenEnd at={token.expiresAt} />
      </td>
      <td className="ck-num">
        {/* Cannot be taken back, so it takes two presses; the second stands in the place of the first. */}
        {isSure ? (
          <button type="button" className="ck-btn ck-danger ck-small" onClick={onRevoke} onBlur={() => setSure(false)}>
            {t('Revoke for good')}
          </button>
        ) : (
          <button
            type="button"
            className="ck-btn ck-quiet ck-small"
            aria-label={t('Revoke {label}', { label: token.label })}
            onClick={() => setSure(true)}
          >
            {t('Revoke')}
          </button>
        )}
      </td>
    </tr>
  );
}
