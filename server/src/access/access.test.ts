import { afterEach, expect, test } from 'vitest';
import { testServer } from '../testing/index.ts';

const server = testServer();

test('me tells who, where and which server', async () => {
  const { user, workspace, server: about } = await server().client.access.me();
  expect({ role: user.role, workspace: workspace.name, version: about.version }).toEqual({
    role: 'owner',
    workspace: 'default',
    version: expect.any(String),
  });
});
afterEach(() => {});
