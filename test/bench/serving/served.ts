/** What is measured: a program that answers one row. */
import type { Program } from '../processes.ts';

export interface RowRequest {
  path: string;
  headers?: Record<string, string>;
  /** JSON */
  body: string;
}

export interface Served {
  name: string;
  port: number;
  program: Program;
  /** Answers 200 once it is ready. */
  health: string;
  /** The first row of the example. */
  request: () => RowRequest;
  /** µs of processor time so far, its children's included */
  cpu: () => number;
  /** MiB, its children's included */
  memory: () => number;
  stop: () => Promise<void>;
}
