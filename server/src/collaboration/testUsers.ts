/** People for this room's tests: a user of a role, and a client that acts as they. */
import type { Role } from '@cellkeep/schema/access';
import type { TestServer } from '../testing/index.ts';

export async function userWith(server: TestServer, role: Role, name = `${role} ${crypto.randomUUID()}`) {
  const { user } = await server.client.access.users.create({ name, role });
  const { secret } = await server.client.access.tokens.create({ label: 'test', userId: user.id });
  return { user, secret, client: server.clientOf(secret) };
}

/** `OK`, or the error's code and the field of its first issue. */
export const codeOf = (promise: Promise<unknown>): Promise<string> =>
  promise.then(
    () => 'OK',
    (error: { code: string; data: { issues: [{ field: string }] } }) => [error.code, error.data.issues[0].field].filter(Boolean).join(' '),
  );
