/** Every call of the protocol, by the file of its noun. */
import type { Call } from './call.ts';

export const calls: readonly Call[] = [];
