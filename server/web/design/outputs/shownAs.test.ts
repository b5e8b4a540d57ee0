import { expect, test } from 'vitest';
import { type Shown, shownAs } from './shownAs.ts';

test.each<[string, string[], Partial<Shown>]>([
  ['a table of pandas is shown as a table', ['text/plain', 'text/html'], { as: 'html' }],
  ['a figure is shown as its picture', ['text/plain', 'image/png'], { as: 'image', mime: 'image/png' }],
  ['a drawing is shown as a picture', ['image/svg+xml'], { as: 'image' }],
  ['a widget lives in its kernel', ['text/plain', 'application/vnd.jupyter.widget-view+json'], { as: 'widget' }],
  ['an interactive figure with a picture of it', ['application/vnd.vegalite.v5+json', 'image/png'], { as: 'image' }],
  ['an interactive figure without one is its description', ['application/vnd.plotly.v1+json', 'text/html'], { as: 'source', why: 'drawn' }],
  ['a script is only ever its source', ['application/javascript'], { as: 'source', why: 'script' }],
  ['a formula is its source', ['text/latex', 'text/plain'], { as: 'source', why: 'latex' }],
  ['data is data', ['application/json', 'text/plain'], { as: 'source', why: 'data' }],
  ['an unknown kind of picture is none', ['image/tiff', 'text/plain'], { as: 'text' }],
  ['a PDF cannot be shown', ['application/pdf'], { as: 'nothing', mime: 'application/pdf' }],
])('%s', (_what, mimes, shown) => {
  expect(shownAs(mimes)).toMatchObject(shown);
});
