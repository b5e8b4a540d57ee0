import { type FormEvent, type ReactElement, useState } from 'react';
import { useTranslate } from '../host.ts';
import { useClient } from '../live/shared.ts';
import { Icon } from '../look/icons.tsx';
import { LineField } from '../look/LineField.tsx';
import { SecretOnce } from '../look/SecretOnce.tsx';
import { Unanswered } from '../look/states.tsx';
import { Ago } from '../look/Time.tsx';
import { type Role, type User, useAttempt, useUsers } from './queries.ts';

const ROLES: Role[] = ['viewer', 'editor', 'owner'];

/** Who may: only owners change it; others see with whom they work. */
export function UsersSection({ me }: { me: User }): ReactElement {
  const t = useTranslate();
  const client = useClient();
  const attempt = useAttempt();
  const users = useUsers(true);
  const isOwner = me.role === 'owner';
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('editor');
  const [made, setMade] = useState<{ name: string; secret: string } | null>(null);

  /** A user without a token cannot come in, so the first is made at once. */
  const create = async (event: FormEvent) => {
    event.preventDefault();
    const clean = name.trim();
    if (!clean) return;
    const answer = await attempt(async () => {
      const { user } = await client.access.users.create({ name: clean, role });
      return client.access.tokens.create({ label: t('first login'), userId: user.id });
    }, 'users');
    if (!answer) return;
    setMade({ name: clean, secret: answer.secret });
    setName('');
  };
  const update = (user: User, change: { role?: Role; disabled?: boolean }) =>
    void attempt(() => client.access.users.update({ id: user.id, ...change }), 'users');

  if (!users.data) return <Unanswered answer={users} rows={3} />;
  return (
    <section aria-label={t('Users')}>
      {isOwner ? (
        <form className="ck-line-form" onSubmit={(event) => void create(event)}>
          <LineField value={name} maxLength={250} label={t('Name of the new user')} hint={t('name of a colleague')} onText={setName} />
          <RoleField role={role} label={t('Role of the new user')} onRole={setRole} />
          <button type="submit" className="ck-btn ck-primary" disabled={!name.trim()}>
            <Icon name="plus" size={14} /> {t('Add')}
          </button>
        </form>
      ) : (
        <p className="ck-dim">{t('An owner can add users and change roles.')}</p>
      )}
      {made && (
        <SecretOnce
          title={t('{name} logs in with this token, shown only now:', { name: made.name })}
          secret={made.secret}
          copyLabel={t('Copy the token')}
          onDone={() => setMade(null)}
        />
      )}
      <table className="ck-list">
        <thead>
          <tr>
            <th>{t('Name')}</th>
            <th>{t('Role')}</th>
            <th className="ck-wide">{t('Since')}</th>
            <th>
              <span className="ck-spoken">{t('Actions')}</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {users.data.map((user) => (
            <tr key={user.id} data-off={user.disabled ? '' : undefined}>
              <td className="ck-first" title={user.name}>
                {user.name}
                {user.id === me.id && <span className="ck-faint"> {t('(you)')}</span>}
                {user.disabled && <span className="ck-faint"> {t('(disabled)')}</span>}
              </td>
              <td>
                {isOwner && user.id !== me.id ? (
                  <RoleField
                    role={user.role}
                    label={t('Role of {name}', { name: user.name })}
                    onRole={(next) => update(user, { role: next })}
                  />
                ) : (
                  user.role
                )}
              </td>
              <td className="ck-wide ck-dim">
                <Ago at={user.createdAt} />
              </td>
              <td className="ck-num">
                {isOwner && user.id !== me.id && (
                  <button
                    type="button"
                    className="ck-btn ck-quiet ck-small"
                    aria-label={user.disabled ? t('Enable {name}', { name: user.name }) : t('Disable {name}', { name: user.name })}
                    onClick={() => update(user, { disabled: !user.disabled })}
                  >
                    {user.disabled ? t('Enable') : t('Disable')}
                  </button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function RoleField({ role, label, onRole }: { role: Role; label: string; onRole: (role: Role) => void }): ReactElement {
  const t = useTranslate();
  const words: Record<Role, string> = { owner: t('owner'), editor: t('editor'), viewer: t('viewer') };
  return (
    <select className="ck-field" aria-label={label} value={role} onChange={(event) => onRole(event.target.value as Role)}>
      {ROLES.map((one) => (
        <option key={one} value={one}>
          {words[one]}
        </option>
      ))}
    </select>
  );
}
