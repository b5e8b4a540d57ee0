/**
 * An operation that comes thousands of times a second, or whose answer is megabytes of numbers. It is answered before the ordinary way
 * is begun (http/hotOperations.ts), and leaves to that whatever is not as usual: so there is one place that says what is wrong with a request.
 */
import type { CallContext } from './context.ts';

export interface HotOperation {
  /** Its name in the contract: whoever reads is answered also when the disk is nearly full. */
  name: string;
  /** All are POST: the path below /api/v1, of which one part may be `{id}`. */
  path: string;
  /**
   * @param id what stands in the path for `{id}`, as it came
   * @param accepted the header, as it came; what is not known there means JSON
   * @returns the answer as JSON text, or as bytes of a type; null, before any effect, where the ordinary way must answer
   */
  answer: (context: CallContext, body: unknown, id: string, accepted: string | undefined) => Promise<HotAnswer | null>;
}

export type HotAnswer = string | { type: string; bytes: Uint8Array };
