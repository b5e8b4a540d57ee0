import { expect, test } from 'vitest';
import { failure } from '../core/failure.ts';
import { requireRoom } from './operations.ts';

const full = {
  require() {
    throw failure('INSUFFICIENT_STORAGE', { field: '', reason: 'full' });
  },
};

test.each([
  'tracking.runs.search',
  'tracking.runs.delete',
  'tracking.artifacts.uploads.cancel',
  'access.tokens.revoke',
  'access.users.update',
  'deployment.releases.rollBack',
  'deployment.endpoints.traffic',
])('%s is answered on a full disk: it reads, makes room or shuts a door', (name) => {
  expect(() => requireRoom(name.split('.'), full)).not.toThrow();
});

test.each(['tracking.runs.create', 'tracking.runs.update', 'tracking.artifacts.uploads.start', 'tracking.artifacts.uploads.complete'])(
  '%s makes data grow, and is refused on a full disk',
  (name) => {
    expect(() => requireRoom(name.split('.'), full)).toThrow(expect.objectContaining({ code: 'INSUFFICIENT_STORAGE' }));
  },
);
