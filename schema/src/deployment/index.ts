export * from './batch.ts';
export * from './contract.ts';
export * from './endpoint.ts';
export * from './prediction.ts';
export * from './promotion.ts';
export * from './target.ts';
