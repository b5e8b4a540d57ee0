/**
 * Who may. A workspace holds everything; its users have a role (owner, editor, viewer) and prove who they are with a token, or with the
 * session cookie of a browser that logged in with one. What always holds: secrets are stored as hashes alone; every request has a
 * caller; whoever loses a right loses it at once, also on connections that are open.
 */
export { type Accounts, type Credential, createAccounts } from './accounts.ts';
export { firstOwner, type Owner } from './firstOwner.ts';
export { type LentToken, lendToken } from './lentTokens.ts';
export { mayAct, requireRole } from './roles.ts';
export { createAccessRouter } from './router.ts';
export { csrfOf, newToken } from './secrets.ts';
export { closeSession, createLoginLink, type LoginLink, openSession } from './sessions.ts';
