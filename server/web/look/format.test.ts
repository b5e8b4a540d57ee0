import { expect, test } from 'vitest';
import { exactNumber, exactTime, formatAgo, formatBytes, formatDuration, formatNumber, groupThousands, isoTime, unitOf } from './format.ts';

const plain = (text: string) => text.replaceAll('\u2009', ' ');

test.each([
  [0, '0'],
  [0.8123456, '0.8123'],
  [1.5, '1.500'],
  [-0.25, '-0.2500'],
  [7, '7'],
  [1234.5678, '1235'],
  [9999, '9999'],
  [12345, '12 345'],
  [12345.6, '12 346'],
  [1_234_567, '1.235 M'],
  [5_000_000, '5 M'],
  [2.5e9, '2.5 G'],
  [1e21, '1.000e+21'],
  [0.0000123, '1.230e-5'],
  [Number.NaN, 'NaN'],
  [Number.POSITIVE_INFINITY, '∞'],
  [Number.NEGATIVE_INFINITY, '−∞'],
])('a metric of %s reads %s', (value, text) => {
  expect(plain(formatNumber(value))).toBe(text);
});

test('the exact value has every digit', () => {
  expect(exactNumber(0.1 + 0.2)).toBe('0.30000000000000004');
  expect(exactNumber('-Infinity')).toBe('-Infinity');
});

test.each([
  [0, '0'],
  [1248, '1248'],
  [12480, '12 480'],
  [-1234567, '-1 234 567'],
])('%s in groups of three is %s', (value, text) => {
  expect(plain(groupThousands(value))).toBe(text);
});

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1500, '1.5 kB'],
  [2_340_000, '2.34 MB'],
])('%s bytes read %s', (value, text) => {
  expect(plain(formatBytes(value))).toBe(text);
});

test.each([
  [-5, '0 ms'],
  [340, '340 ms'],
  [3_400, '3.4 s'],
  [59_960, '1 m 00 s'],
  [245_000, '4 m 05 s'],
  [8_040_000, '2 h 14 m'],
  [273_600_000, '3 d 4 h'],
])('%s milliseconds read %s', (value, text) => {
  expect(plain(formatDuration(value))).toBe(text);
});

test('times are relative under a week; a clock that runs ahead says now', () => {
  const now = Date.UTC(2026, 5, 15, 12);
  const ago = (ms: number) => plain(formatAgo(now - ms, now));
  expect([ago(-60_000), ago(0), ago(12_000), ago(180_000), ago(7_200_000), ago(3 * 86_400_000)]).toEqual([
    'now',
    'now',
    '12 s',
    '3 m',
    '2 h',
    '3 d',
  ]);
  expect(ago(8 * 86_400_000)).not.toContain('2026');
  expect(ago(400 * 86_400_000)).toContain('2025');
});

test.each([
  ['system/memory_bytes', 1500, '1.5 kB'],
  ['system/net_sent_bytes_per_second', 1500, '1.5 kB/s'],
  ['system/cpu_percent', 12.34, '12.3 %'],
  ['loss', 0.5, '0.5000'],
])('%s of %s reads %s', (key, value, text) => {
  expect(plain(unitOf(key)(value))).toBe(text);
});

test.each([9e15, -9e15, Number.NaN])('a time of %s, which no date can be, is shown as none', (at) => {
  expect([formatAgo(at, 0), isoTime(at), exactTime(at)]).toEqual(['?', undefined, 'Invalid Date']);
  expect(isoTime(8.64e15)).toBe('+275760-09-13T00:00:00.000Z');
});
