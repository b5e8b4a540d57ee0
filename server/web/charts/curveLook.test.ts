import { expect, test } from 'vitest';
import { plainLook, readLook, writeLook } from './curveLook.ts';

const reading = (address: string) => {
  const said = new URLSearchParams(address);
  return readLook((name) => said.get(name));
};

test('a look is written into an address and read again', () => {
  const look = { xAxis: 'relative', smoothing: 0.6, log: true, logX: true, clip: 0.95 } as const;
  const address = new URLSearchParams(Object.entries(writeLook(look)).filter((pair): pair is [string, string] => pair[1] !== null));
  expect(reading(address.toString())).toEqual(look);
});

test('what an address says wrongly is not taken', () => {
  expect(reading('x=sideways&smooth=7&clip=-1')).toEqual({});
  expect({ ...plainLook, ...reading('') }).toEqual(plainLook);
});
