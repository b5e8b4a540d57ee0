/** Every table, for migrations and for the server. Browsers never import this: package exports and a lint rule see to it. */
export * from './access/tables.ts';
export * from './collaboration/tables.ts';
export * from './deployment/tables.ts';
export * from './design/tables.ts';
export * from './governance/tables.ts';
export * from './registry/tables.ts';
export * from './registry/tablesGoverned.ts';
export * from './tracking/tables.ts';
