import type { Readable } from '../../host.ts';

/** A model whose *Promote…* was pressed at its cell; `set(null)` when its form is closed. */
export interface AskedModel extends Readable<string | null> {
  set(variable: string | null): void;
}
