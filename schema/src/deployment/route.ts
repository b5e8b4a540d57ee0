import { oc } from '@orpc/contract';
import { commonErrors } from '../wire/index.ts';

const base = oc.errors(commonErrors);

/** An operation of this room. */
export const route = (method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: `/${string}`, summary: string, successStatus?: number) =>
  base.route({ method, path, tags: ['deployment'], summary, ...(successStatus ? { successStatus } : {}) });
