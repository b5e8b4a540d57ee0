/**
 * What a team keeps in common beside its runs. A view is a run table's address with a name.
 */
export { createCollaborationRouter } from './router.ts';
