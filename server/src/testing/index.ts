/**
 * What a test of the server starts from: a real server on a real Postgres. A test file that imports this runs in vitest's project
 * `postgres`, every other one in `unit` (see test/vitest.config.ts).
 */
export { type TestDatabase, testDatabase } from './testDatabase.ts';
export { type Client, startTestServer, type TestServer, testServer } from './testServer.ts';
export { whileDeaf } from './whileDeaf.ts';
