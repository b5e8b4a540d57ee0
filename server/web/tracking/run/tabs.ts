/** The parts of a run's page, in their order; each is a link. */
export const RUN_TABS = ['overview', 'curves', 'artifacts', 'code', 'system', 'notes', 'comments'] as const;
export type RunTab = (typeof RUN_TABS)[number];

/** What the address says, or the first one where it says something else. */
export const tabOf = (said: string | undefined): RunTab => RUN_TABS.find((tab) => tab === said) ?? 'overview';
