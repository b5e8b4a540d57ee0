/** `token …` and `user …`: what the access room does, as the owner. */
import { role } from '@cellkeep/schema/access';
import { firstOwner } from '../access/index.ts';
import { PlainError } from '../core/plainError.ts';
import { type Administration, administer } from './administer.ts';
import { type Options, UsageError } from './options.ts';

type Access = Administration['access'];

export async function accessCommand(kind: 'token' | 'user', [verb = 'list', ...words]: string[], options: Options): Promise<number> {
  const known = (kind === 'token' ? TOKEN : USER)[verb];
  if (!known) throw new UsageError(`there is no command "${kind} ${verb}": see cellkeep-server --help`);
  const { value, text } = await administer(options, (administration) => known(administration, words, options));
  process.stdout.write(`${options.json ? JSON.stringify(value) : text}\n`);
  return 0;
}

interface Said {
  /** For --json. */
  value: unknown;
  /** For people. */
  text: string;
}

type Command = (administration: Administration, words: string[], options: Options) => Promise<Said>;

const TOKEN: Record<string, Command | undefined> = {
  async create({ access, services }, words, { user, expires }) {
    const label = word(words, 'token create <label>');
    const userId = user === undefined ? undefined : (await userNamed(access, user)).id;
    const expiresAt = expires === undefined ? undefined : services.now() + expires * 24 * 3_600_000;
    const { token, secret } = await access.tokens.create({ label, userId, expiresAt });
    return { value: { ...token, secret }, text: secret };
  },
  async list({ access }) {
    const { tokens } = await access.tokens.list();
    const rows = tokens.map(({ prefix, label, userName, lastUsedAt, expiresAt }) => [
      ...[`${prefix}…`, userName, lastUsedAt ? `used ${day(lastUsedAt)}` : 'never used', expiresAt ? `until ${day(expiresAt)}` : '', label],
    ]);
    return { value: tokens, text: columns(rows) };
  },
  async revoke({ access }, words) {
    const given = word(words, 'token revoke <id or prefix>').replace(/…$/, '');
    const { tokens } = await access.tokens.list();
    const found = tokens.filter(({ id, prefix }) => id === given || prefix === given);
    const [only] = found;
    if (!only) throw new PlainError(`no token ${given}: cellkeep-server token list shows those there are`);
    if (found.length > 1) throw new PlainError(`${found.length} tokens begin with ${given}: give the id that token list --json shows`);
    await access.tokens.revoke({ id: only.id });
    return { value: only, text: `revoked ${only.prefix}… (${only.label})` };
  },
  async reset({ access, home, services, owner }) {
    const { tokens } = await access.tokens.list();
    const old = tokens.find(({ prefix, userId }) => owner.token.startsWith(prefix) && userId === owner.caller.userId);
    if (old) await access.tokens.revoke({ id: old.id });
    const { token } = await firstOwner(services.sql, home, services.now());
    return { value: { token }, text: token };
  },
};

const USER: Record<string, Command | undefined> = {
  async create({ access }, words, options) {
    const { user } = await access.users.create({ name: word(words, 'user create <name>'), role: roleOf(options.role ?? 'editor') });
    return {
      value: user,
      text: `${user.name} is ${user.role}; give them a token: cellkeep-server token create <label> --user ${user.name}`,
    };
  },
  async list({ access }) {
    const { users } = await access.users.list();
    return { value: users, text: columns(users.map(({ name, role, disabled }) => [name, role, disabled ? 'disabled' : ''])) };
  },
  async role({ access }, [name = '', to = '']) {
    const { id } = await userNamed(access, name);
    const { user } = await access.users.update({ id, role: roleOf(to) });
    return { value: user, text: `${user.name} is ${user.role}` };
  },
  disable: ({ access }, words) => disable(access, word(words, 'user disable <name>'), true),
  enable: ({ access }, words) => disable(access, word(words, 'user enable <name>'), false),
};

async function disable(access: Access, name: string, disabled: boolean): Promise<Said> {
  const { id } = await userNamed(access, name);
  const { user } = await access.users.update({ id, disabled });
  return { value: user, text: `${user.name} is ${disabled ? 'disabled' : 'enabled'}` };
}

async function userNamed(access: Access, name: string) {
  const { users } = await access.users.list();
  const found = users.find((user) => user.name === name);
  if (!found) throw new PlainError(`no user ${JSON.stringify(name)}: cellkeep-server user list shows those there are`);
  return found;
}

function roleOf(text: string) {
  const parsed = role.safeParse(text);
  if (!parsed.success) throw new UsageError(`${JSON.stringify(text)} is no role: choose owner, editor or viewer`);
  return parsed.data;
}

function word([first]: string[], usage: string): string {
  if (!first) throw new UsageError(`usage: cellkeep-server ${usage}`);
  return first;
}

const day = (ms: number) => new Date(ms).toISOString().slice(0, 10);

function columns(rows: string[][]): string {
  const widths = rows.reduce<number[]>((most, row) => row.map((cell, i) => Math.max(most[i] ?? 0, cell.length)), []);
  return rows
    .map((row) =>
      row
        .map((cell, i) => cell.padEnd(widths[i] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
