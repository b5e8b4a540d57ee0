/** What a team keeps in common beside its runs: views of the run table. */
import { viewsContract } from './views.ts';

export const collaborationContract = {
  views: viewsContract,
};
