export * from './contract.ts';
export * from './loggedModel.ts';
export * from './registeredModel.ts';
