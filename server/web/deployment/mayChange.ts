import { useMe } from '../access/queries.ts';

/** Whether this person may change endpoints. Until it is known, yes: what they press is then refused by the server, with the reason. */
export const useMayChange = (): boolean => useMe().data?.user.role !== 'viewer';
