import type { Endpoint } from '@cellkeep/schema/deployment';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactElement, useState } from 'react';
import { useMayWrite } from '../../access/queries.ts';
import { useTranslate } from '../../host.ts';
import { Icon } from '../../look/icons.tsx';
import { LineField } from '../../look/LineField.tsx';
import { SecretOnce } from '../../look/SecretOnce.tsx';
import { Unanswered } from '../../look/states.tsx';
import { Ago } from '../../look/Time.tsx';
import { TokenEnd, TokenEndField } from '../../look/TokenEnd.tsx';
import { Section } from '../../tracking/run/Section.tsx';
import { useAttempt } from '../attempt.ts';
import { deploymentKeys, useDeploymentClient } from '../queries.ts';
import { SureButton } from '../SureButton.tsx';

/** Tokens that may ask this endpoint and nothing else. A secret is shown once. */
export function Tokens({ endpoint: { name } }: { endpoint: Endpoint }): ReactElement {
  const t = useTranslate();
  const client = useDeploymentClient();
  const attempt = useAttempt();
  const mayChange = useMayWrite();
  const [label, setLabel] = useState('');
  const [days, setDays] = useState('0');
  const [rate, setRate] = useState('');
  const [made, setMade] = useState<{ label: string; secret: string } | null>(null);
  const { data, error, refetch } = useQuery({
    queryKey: deploymentKeys.tokens(name),
    queryFn: async ({ signal }) => (await client.endpointTokens.list({ endpoint: name }, { signal })).tokens,
  });
  const create = async (event: FormEvent) => {
    event.preventDefault();
    const token = await attempt(() =>
      client.endpointTokens.create({
        endpoint: name,
        label: label.trim(),
        expiresInDays: Number(days) || null,
        ratePerSecond: rate.trim() === '' ? null : Number(rate),
      }),
    );
    if (!token) return;
    setMade(token);
    setLabel('');
  };
  return (
    <Section title={t('Tokens')} count={data?.length}>
      {mayChange && (
        <form className="ck-line-form" onSubmit={(event) => void create(event)}>
          <LineField
            value={label}
            maxLength={250}
            label={t('What the token is for')}
            hint={t('what it is for, like "web shop"')}
            onText={setLabel}
          />
          <LineField
            className="ck-token-rate"
            value={rate}
            inputMode="decimal"
            title={t('Requests per second that it may send')}
            label={t('Requests per second')}
            hint={t('no limit')}
            onText={(text) => setRate(text.replace(/[^\d.]/g, ''))}
          />
          <span className="ck-faint">/s</span>
          <TokenEndField days={days} onDays={setDays} />
          <button type="submit" className="ck-btn ck-primary" disabled={!label.trim()}>
            <Icon name="plus" size={14} /> {t('Make a token')}
          </button>
        </form>
      )}
      {made && (
        <SecretOnce
          title={t('The secret of "{label}", shown only now:', { label: made.label })}
          secret={made.secret}
          copyLabel={t('Copy the secret')}
          onDone={() => setMade(null)}
        />
      )}
      {!data ? (
        <Unanswered answer={{ error, refetch }} rows={2} />
      ) : data.length === 0 ? (
        <p className="ck-run-none">{t('No tokens. People of this workspace ask it with their own.')}</p>
      ) : (
        <div className="ck-rows-table">
          <table className="ck-list" aria-label={t('Tokens')}>
            <thead>
              <tr>
                <th>{t('For')}</th>
                <th>{t('Begins with')}</th>
                <th className="ck-num">{t('At most')}</th>
                <th>{t('Made by')}</th>
                <th>{t('Last used')}</th>
                <th>{t('Ends')}</th>
                <th>
                  <span className="ck-spoken">{t('Actions')}</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {data.map((token) => (
                <tr key={token.id}>
                  <td className="ck-first" title={token.label}>
                    {token.label}
                  </td>
                  <td className="ck-mono">{token.prefix}…</td>
                  <td className="ck-num">{token.ratePerSecond === null ? '–' : `${token.ratePerSecond}/s`}</td>
                  <td className="ck-dim">
                    {token.userName} · <Ago at={token.createdAt} />
                  </td>
                  <td className="ck-dim">{token.lastUsedAt === null ? t('never') : <Ago at={token.lastUsedAt} />}</td>
                  <td className="ck-dim">
                    <TokenEnd at={token.expiresAt} />
                  </td>
                  <td className="ck-num">
                    {mayChange && (
                      <SureButton
                        isSmall
                        label={t('Revoke')}
                        sure={t('Revoke for good')}
                        title={t('Revoke {label}', { label: token.label })}
                        onSure={() => void attempt(() => client.endpointTokens.revoke({ id: token.id }))}
                      />
                    )}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </Section>
  );
}
