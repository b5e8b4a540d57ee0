const BUDGET = 60_000; // points asked for in all, divided among the runs of a panel

/** Points of each run that a panel of so many asks for. */
export const pointsEach = (runs: number): number => Math.max(300, Math.min(2_000, Math.floor(BUDGET / Math.max(1, runs))));
