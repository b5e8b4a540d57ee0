import { LabIcon } from '@jupyterlab/ui-components';
import { path, svg } from '../iconShapes';

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
