/** Where a subject is shown, and its comments. */
import { partsOf, type Subject } from '@cellkeep/schema/collaboration';
import type { Host, View } from '../host.ts';

export function viewOf(subject: Subject): View {
  const [kind, id] = partsOf(subject);
  if (kind === 'run') return { view: 'run', id, tab: 'comments' };
  return kind === 'experiment' ? { view: 'discussion', experimentId: id } : { view: 'report', id };
}

/** The address of one comment; null where no address is known. */
export function addressOf(host: Host, subject: Subject, commentId: string): string | null {
  const page = host.href(viewOf(subject));
  return page === null ? null : `${page}#comment-${commentId}`;
}
