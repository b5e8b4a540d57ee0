import type { Role } from '@cellkeep/schema/access';
import type { Caller } from '../core/context.ts';
import { failure } from '../core/failure.ts';

const RANK: Record<Role, number> = { viewer: 0, editor: 1, owner: 2 };

export function mayAct(role: Role, needed: Role): boolean {
  return RANK[role] >= RANK[needed];
}

/** Throws FORBIDDEN where the caller's role is below the one needed. */
export function requireRole(context: { caller: Caller }, needed: Role): void {
  const { role, userName } = context.caller;
  if (mayAct(role, needed)) return;
  const reason = `${userName} is ${role}; this needs ${needed}`;
  throw failure('FORBIDDEN', { field: '', reason, remedy: 'ask an owner of this workspace' });
}
