import { nullTranslator } from '@jupyterlab/translation';
import { describe, expect, test } from 'vitest';
import type { ProxyStatus } from '../connection/proxyStatus';
import { type StatusFacts, statusText } from './statusText';

const trans = nullTranslator.load('cellkeep');
const proxy: ProxyStatus = {
  installed: true,
  configured: true,
  url: 'http://host:5077',
  reachable: true,
  authorized: true,
  user: 'ann',
  role: 'editor',
  version: '0.1.0',
  problem: null,
};
const calm: StatusFacts = { state: 'live', proxy, running: 0, waiting: 0, snapshots: 0, kernelOffline: false };

describe('the status bar says', () => {
  const rows: [string, Partial<StatusFacts>, string][] = [
    ['live with nothing running', {}, '● live'],
    ['live with two runs', { running: 2 }, '● 2 running'],
    ['live before the count is known', { running: null }, '● live'],
    ['live while a batch is on its way', { running: 1, waiting: 12 }, '● 1 running'],
    ['a kernel cannot reach the server though this page can', { kernelOffline: true, waiting: 143 }, '◌ 143 points waiting'],
    ['away with points waiting', { state: 'offline', waiting: 1 }, '◌ 1 point waiting'],
    ['away with a snapshot waiting', { state: 'offline', snapshots: 1 }, '◌ 1 snapshot waiting'],
    ['live while a snapshot is on its way', { snapshots: 1 }, '● live'],
    ['away with nothing to send', { state: 'offline', proxy: { ...proxy, reachable: false, problem: 'refused' } }, '○ offline'],
    ['the first moments', { state: 'connecting', proxy: null }, '… connecting'],
    ['coming back, when the reason is known', { state: 'connecting', proxy: { ...proxy, problem: 'refused' } }, '○ offline'],
    ['no server configured', { state: 'offline', proxy: { ...proxy, configured: false, url: null } }, '○ not set up'],
    ['the token is wrong', { state: 'offline', proxy: { ...proxy, authorized: false, problem: 'no' } }, '○ token refused'],
    ['the Jupyter server extension is missing', { state: 'offline', proxy: { ...proxy, installed: false } }, '○ not installed'],
    ['Jupyter itself is away', { state: 'offline', proxy: null }, '○ offline'],
  ];
  test.each(rows)('%s', (_, facts, expected) => {
    const { mark, text } = statusText({ ...calm, ...facts }, trans);
    expect(`${mark} ${text}`).toBe(expected);
  });

  test('why nothing of a viewer arrives', () => {
    const facts = { ...calm, kernelOffline: true, waiting: 20, proxy: { ...proxy, role: 'viewer' } };
    expect(statusText(facts, trans).details).toContain('ask an owner');
  });

  test('what to do where nothing is configured', () => {
    const facts = { ...calm, state: 'offline' as const, proxy: { ...proxy, configured: false } };
    expect(statusText(facts, trans).details).toContain('cellkeep login');
  });
});
