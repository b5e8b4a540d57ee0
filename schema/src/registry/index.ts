export * from './bundle.ts';
export * from './contract.ts';
export * from './explainFile.ts';
export * from './governed.ts';
export * from './governedOperations.ts';
export * from './loggedModel.ts';
export * from './metricFacts.ts';
export * from './registeredModel.ts';
