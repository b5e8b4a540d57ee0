/**
 * Whose code a model is. One of the runtime `python` is a pickle, which is a program: whoever asks that another person's runs here has to
 * name that person first.
 */
import type { Caller, Db } from '../core/context.ts';
import { failure } from '../core/failure.ts';
import { modelFiles } from './modelFiles.ts';

/** Names of users: who logged it, who stored its files, and who said how they are loaded. */
export async function authorsOfModel(db: Db, loggedModelId: string): Promise<string[]> {
  const [row] = await db<{ userName: string; bundledBy: string | null }[]>`
    select m.user_name as "userName", u.name as "bundledBy"
    from logged_models m left join model_bundles b on b.logged_model_id = m.id left join users u on u.id = b.user_id
    where m.id = ${loggedModelId}`;
  // Until it is registered its folder is open to every editor: a file may be another person's than the model, and so may the bundle be,
  // which names the modules that are imported.
  const files = (await modelFiles(db, loggedModelId)) ?? [];
  const authors = new Set([row?.userName ?? '', row?.bundledBy ?? '', ...files.map(({ userName }) => userName)]);
  return [...authors].filter((name) => name !== '');
}

/** @throws CONFLICT where somebody's code would run whom nobody has named */
export function requireTrust(authors: readonly string[], caller: Pick<Caller, 'userName'>, trustUser: string | null | undefined): void {
  const others = authors.filter((name) => name !== caller.userName && name !== trustUser);
  if (others.length === 0) return;
  const names = others.map((name) => JSON.stringify(name)).join(' and ');
  throw failure('CONFLICT', {
    field: 'trustUser',
    reason: `this model is a program that ${names} wrote, and it would run as the server`,
    remedy: others.length === 1 ? 'name its author in trustUser if you trust that person' : 'ask its authors, or export it anew yourself',
  });
}
