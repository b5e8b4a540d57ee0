/** Who may: workspaces, users, roles, tokens. */
import { oc } from '@orpc/contract';
import { z } from 'zod';
import { commonErrors, epochMs, limits, uuid } from '../wire/index.ts';

const base = oc.errors(commonErrors);

/** owner: everything. editor: reads and writes. viewer: reads. */
export const role = z.enum(['owner', 'editor', 'viewer']);
export type Role = z.infer<typeof role>;

export const user = z.object({ id: uuid, name: z.string(), role, disabled: z.boolean(), createdAt: epochMs });
export type User = z.infer<typeof user>;

export const token = z.object({
  id: uuid,
  userId: uuid,
  userName: z.string(),
  label: z.string(),
  /** First characters of the secret, to tell tokens apart; the secret itself is stored only as a hash. */
  prefix: z.string(),
  createdAt: epochMs,
  lastUsedAt: epochMs.nullable(),
  expiresAt: epochMs.nullable(),
});
export type Token = z.infer<typeof token>;

const userName = z.string().trim().min(1).max(limits.name);

export const accessContract = {
  me: base.route({ method: 'GET', path: '/me', tags: ['access'], summary: 'Who this token or session belongs to' }).output(
    z.object({
      user,
      workspace: z.object({ id: uuid, name: z.string() }),
      server: z.object({ version: z.string(), startedAt: epochMs }),
    }),
  ),
  users: {
    list: base
      .route({ method: 'GET', path: '/users', tags: ['access'], summary: 'Users of this workspace' })
      .output(z.object({ users: z.array(user) })),
    create: base
      .route({ method: 'POST', path: '/users', tags: ['access'], successStatus: 201, summary: 'Add a user (owner only)' })
      .input(z.object({ name: userName, role: role.default('editor') }))
      .output(z.object({ user })),
    update: base
      .route({ method: 'PATCH', path: '/users/{id}', tags: ['access'], summary: 'Change role or disable (owner only)' })
      .input(z.object({ id: uuid, role: role.optional(), disabled: z.boolean().optional() }))
      .output(z.object({ user })),
  },
  tokens: {
    list: base
      .route({ method: 'GET', path: '/tokens', tags: ['access'], summary: 'Own tokens; all of the workspace for an owner' })
      .output(z.object({ tokens: z.array(token) })),
    create: base
      .route({ method: 'POST', path: '/tokens', tags: ['access'], successStatus: 201, summary: 'Make a token; the secret is shown once' })
      .input(
        z.object({
          label: z.string().trim().min(1).max(limits.name),
          userId: uuid.optional().describe('Another user (owner only); absent: yourself.'),
          expiresAt: epochMs.optional(),
        }),
      )
      .output(z.object({ token, secret: z.string() })),
    revoke: base
      .route({ method: 'DELETE', path: '/tokens/{id}', tags: ['access'], summary: 'Revoke a token at once' })
      .input(z.object({ id: uuid }))
      .output(z.object({ revoked: z.boolean() })),
  },
};
