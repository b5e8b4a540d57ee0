import { LabIcon } from '@jupyterlab/ui-components';

// As in tracking/icons.ts: 24 px grid, one round stroke in the theme's colour.
const path = (d: string) =>
  `<path class="jp-icon3" stroke="#616161" style="fill:none;stroke-width:1.8;stroke-linecap:round;stroke-linejoin:round" d="${d}"/>`;

/** A rocket: what a notebook made, on its way. */
export const deployIcon = new LabIcon({
  name: 'cellkeep:deploy',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" width="24" height="24" viewBox="0 0 24 24">${path(
    'M12 3.5c3.5 2 5 5.5 4.5 9.5l-2 2.5h-5l-2-2.5C7 9 8.5 5.5 12 3.5z',
  )}${path('M12 8.5a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 0 0 0-3.2z')}${path('M9.5 15.5L7 20l3-1.2M14.5 15.5L17 20l-3-1.2M12 17v3.5')}</svg>`,
});
