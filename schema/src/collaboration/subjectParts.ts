/** Apart from the schema of a subject, so that a browser that only shows one does not load zod: 450 kB of a page's 1.1 MB. */
import type { Subject } from './subject.ts';

export type SubjectKind = 'run' | 'experiment' | 'report';

/** @example partsOf('experiment:4') // ['experiment', '4'] */
export function partsOf(subject: Subject): [SubjectKind, string] {
  const at = subject.indexOf(':');
  return [subject.slice(0, at) as SubjectKind, subject.slice(at + 1)];
}
