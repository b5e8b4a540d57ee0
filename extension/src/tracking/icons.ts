import { LabIcon } from '@jupyterlab/ui-components';

// 24 px grid, one round stroke. `jp-icon3` takes the theme's colour for each of the attributes `fill` and `stroke` that is there, so a
// path that is not to be filled says so in its style.
const svg = (shapes: string) => `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">${shapes}</svg>`;
const path = (d: string) =>
  `<path class="jp-icon3" stroke="#616161" style="fill:none;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round" d="${d}"/>`;

/** A curve that rises within its axes. */
export const experimentsIcon = new LabIcon({
  name: 'cellkeep:experiments',
  svgstr: svg(`${path('M4 4v16h16')}${path('M7.5 15.5c2-6 3.5-1.5 5.5-4.5s2.5-4.5 6-5.5')}`),
});

/** One run: the curve and where it is now. */
export const runIcon = new LabIcon({
  name: 'cellkeep:run',
  svgstr: svg(`${path('M4 17.5c3.5-9 6-1 8.5-5s2-5 4-6')}<circle class="jp-icon3" cx="18.5" cy="6" r="2" fill="#616161"/>`),
});

/** Two curves that part. */
export const compareIcon = new LabIcon({
  name: 'cellkeep:compare',
  svgstr: svg(`${path('M4 18c6 0 7-12 16-12')}${path('M4 18c6 0 8-5 16-4')}`),
});
