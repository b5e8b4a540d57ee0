import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readMessage } from './protocol';

const id = '0123456789abcdef0123456789abcdef';

describe('a message of the kernel', () => {
  test('is read', () => {
    const run = { id, name: 'brisk-heron', status: 'running', cellId: 'c', executionCount: 4 };
    const state = { type: 'state', protocol: 1, version: '0.1.0', sessionId: 's', server: 'online', waiting: 3, runs: [run] };
    expect(readMessage(state)).toEqual({
      type: 'state',
      state: { version: '0.1.0', sessionId: 's', server: 'online', waiting: 3, error: null, runs: [run] },
    });
  });

  test('of a newer bridge is read as far as it is known', () => {
    const read = readMessage({ type: 'state', protocol: 9, server: 'asleep', mood: 'good', runs: [{ id, shoe: 44 }] });
    expect(read).toMatchObject({
      state: { server: 'offline', waiting: 0, runs: [{ id, name: '01234567', cellId: null, executionCount: null }] },
    });
    expect(readMessage({ type: 'weather' })).toBeNull();
  });

  test.each([null, 'text', 7, [], {}, { type: 'state', runs: [{ id: '../x' }, null, 4] }])('%j breaks nothing', (data) => {
    const read = readMessage(data);
    expect(read === null || (read.type === 'state' && read.state.runs.length === 0)).toBe(true);
  });

  test('whatever it is, never throws', () => {
    fc.assert(fc.property(fc.anything(), (data) => void readMessage(data)));
    fc.assert(fc.property(fc.anything(), (data) => void readMessage({ type: 'state', runs: data, waiting: data })));
  });
});
