/** The parts of a run's page, in their order; each is a link. */
export const RUN_TABS = ['overview', 'curves', 'notebook', 'artifacts', 'system', 'notes', 'comments'] as const;
export type RunTab = (typeof RUN_TABS)[number];

/** Names that addresses had before. */
const OLD: Record<string, RunTab> = { code: 'notebook' };

/** What the address says, or the first one where it says something else. */
export const tabOf = (said: string | undefined): RunTab => RUN_TABS.find((tab) => tab === (OLD[said ?? ''] ?? said)) ?? 'overview';
