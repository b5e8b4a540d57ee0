/**
 * What a team keeps in common beside its runs. A view is a run table's address with a name. A report is Markdown with live charts as
 * fenced blocks (schema/src/collaboration/reportBlocks.ts); a change says which revision it was made from, and every earlier revision is
 * kept. A comment is about a subject (a run, an experiment, a report); "@name" in it puts it into that person's inbox. Presence is who
 * watches a subject now, in memory alone (presence.ts).
 *
 * Who may: viewers read, are mentioned, keep private views and mark their inbox; what others see needs an editor. Their own words only
 * their author changes; an owner may remove them. What always holds: nobody overwrites a change that they have not seen; what was deleted
 * as a comment is gone from the database, and that it was there stays in the log.
 *
 * Servers that share a database hear of each other's changes (core/relayLive.ts), and each tells the others who is connected to it.
 */
export { type Collaboration, createCollaboration, createCollaborationRouter } from './router.ts';
