export * from './errors.ts';
export * from './floats.ts';
export * from './ids.ts';
export * from './limits.ts';
export * from './numbers.ts';
export * from './paging.ts';
export * from './time.ts';
