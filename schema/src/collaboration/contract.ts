/** What a team keeps in common beside its runs: views of the run table, reports, comments and mentions, and who looks at what now. */
import { commentsContract, inboxContract } from './comments.ts';
import { presenceContract, watchContract } from './live.ts';
import { reportsContract } from './reports.ts';
import { viewsContract } from './views.ts';

export const collaborationContract = {
  views: viewsContract,
  reports: reportsContract,
  comments: commentsContract,
  inbox: inboxContract,
  presence: presenceContract,
  watch: watchContract,
};
