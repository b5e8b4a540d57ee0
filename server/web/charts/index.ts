/**
 * Charts of runs. Each takes a `source` (runs that are there, ids, or a search) and loads what it draws; `options` say what is shown, and
 * where `onOptions` is given the person can change them. Those that not every page has come with their code when first shown. Curves ask
 * for points through `live/historyLoader.ts` and draw them without React; what is drawn can be saved as PNG, SVG and CSV, and read as a
 * table.
 */
export type { BoxOptions } from './BoxPlot.tsx';
export { CurvesChart, type CurvesOptions } from './CurvesChart.tsx';
export type { ChartProps } from './chartProps.ts';
export type { RunsSource } from './chartRuns.ts';
export { BoxPlot, ParallelCoordinates, ParamImportance, Scatter } from './lazy.tsx';
export type { ParallelOptions } from './ParallelCoordinates.tsx';
export type { ImportanceOptions } from './ParamImportance.tsx';
export type { ScatterOptions } from './Scatter.tsx';
