export * from './artifacts.ts';
export * from './contract.ts';
export * from './experiment.ts';
export * from './ingest.ts';
export * from './live.ts';
export * from './metrics.ts';
export * from './run.ts';
export * from './search.ts';
