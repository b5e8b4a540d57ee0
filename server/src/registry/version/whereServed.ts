import type { Db } from '../../core/context.ts';

export interface Serving {
  modelId: string;
  version: number;
  endpoint: string;
  role: string;
  weight: number;
}

/** Where versions of these models serve now. Deployment knows, which lies downstream: main.ts hands it in. */
export type WhereServed = (db: Db, modelIds: readonly string[]) => Promise<Serving[]>;
