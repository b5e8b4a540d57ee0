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

  test('asks for the half of a snapshot', () => {
    const uuid = '019ac3f0-0000-7000-8000-000000000001';
    const asked = { type: 'snapshot', id: uuid, reason: 'end', runIds: [id, 'nonsense', 3], takenAt: 1_700_000_000_000 };
    expect(readMessage(asked)).toEqual({
      type: 'snapshot',
      request: { id: uuid, reason: 'end', runIds: [id], takenAt: 1_700_000_000_000 },
    });
    expect(readMessage({ ...asked, id: '../../etc' })).toBeNull();
    expect(readMessage({ ...asked, reason: 'whim' })).toMatchObject({ request: { reason: 'manual' } });
  });

  test('says what is stale, without what is no finding', () => {
    const stale = { cellId: 'a', kind: 'stale', reason: 'reads `df`', orders: [3, -1, 'x'], names: ['df', null] };
    expect(readMessage({ type: 'marks', findings: [stale, { kind: 'haunted' }, 'text', { kind: 'gone', cellId: 4 }] })).toEqual({
      type: 'marks',
      findings: [
        { cellId: 'a', kind: 'stale', reason: 'reads `df`', orders: [3], names: ['df'] },
        { cellId: null, kind: 'gone', reason: '', orders: [], names: [] },
      ],
    });
  });

  test('names its models and how a promotion goes, without what is neither', () => {
    const model = { variable: 'forest', cellId: 'a', className: 'Pipeline', framework: 'sklearn', executionOrder: 3 };
    expect(readMessage({ type: 'models', models: [model, { variable: '' }, 'text', { variable: 'x', executionOrder: -1 }] })).toEqual({
      type: 'models',
      models: [model, { variable: 'x', cellId: null, className: '', framework: '', executionOrder: null }],
    });
    const uuid = '019ac3f0-0000-7000-8000-000000000001';
    const steps = [{ step: 'export', status: 'running', text: 'ONNX' }, { step: 'dance' }, null];
    expect(readMessage({ type: 'promotion', id: uuid, status: 'running', steps })).toEqual({
      type: 'promotion',
      news: { id: uuid, status: 'running', steps: [{ step: 'export', status: 'running', text: 'ONNX' }], error: null },
    });
    expect(readMessage({ type: 'promotion', id: uuid, status: 'failed', error: 'no such variable' })).toMatchObject({
      news: { status: 'failed', steps: [], error: 'no such variable' },
    });
    expect(readMessage({ type: 'promotion', id: '../x', status: 'failed' })).toBeNull();
  });

  test('whatever it is, never throws', () => {
    fc.assert(fc.property(fc.anything(), (data) => void readMessage(data)));
    fc.assert(fc.property(fc.anything(), (data) => void readMessage({ type: 'state', runs: data, waiting: data })));
    fc.assert(fc.property(fc.anything(), (data) => void readMessage({ type: 'marks', findings: data })));
    fc.assert(fc.property(fc.anything(), (data) => void readMessage({ type: 'models', models: data })));
    fc.assert(fc.property(fc.anything(), (data) => void readMessage({ type: 'promotion', status: 'failed', id: data, steps: data })));
    fc.assert(fc.property(fc.anything(), (data) => void readMessage({ type: 'snapshot', id: data, runIds: data, takenAt: data })));
  });
});
