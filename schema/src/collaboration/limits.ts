/** In a file of their own, so that a field that says how much room is left does not load zod (subjectParts.ts). */

/** Characters of a comment's Markdown. */
export const MOST_COMMENT = 20_000;

/** Characters of a report's Markdown. */
export const MOST_REPORT = 500_000;
