/** Every call of the protocol, by the file of its noun. */
import { artifactCalls } from './artifactProxy.ts';
import type { Call } from './call.ts';
import { multipartCalls } from './multipart.ts';

export const calls: readonly Call[] = [...artifactCalls, ...multipartCalls];
