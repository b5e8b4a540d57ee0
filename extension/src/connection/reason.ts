import { messageOf, reasonsOf } from '@cellkeep/web/refusal';

/** Why something did not work, for people: of a server's refusal the first reason and what to do, else the error's own sentence. */
export const reason = (error: unknown): string => reasonsOf(error)[0] ?? messageOf(error);
