export * from './comments.ts';
export * from './contract.ts';
export * from './live.ts';
export * from './mentions.ts';
export * from './reportBlock.ts';
export * from './reports.ts';
export * from './subject.ts';
export * from './views.ts';
