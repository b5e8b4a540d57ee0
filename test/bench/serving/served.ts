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
  /** File of what it says. */
  log: string;
  /** Answers 200 once it is ready. */
  health: string;
  /** The first row of the example. */
  request: () => RowRequest;
  /** Its processes, children included. */
  pids: () => number[];
  /** MiB */
  memory: () => number;
  stop: () => Promise<void>;
}
