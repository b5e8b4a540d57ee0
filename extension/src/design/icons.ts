import { LabIcon } from '@jupyterlab/ui-components';
import { path, svg } from '../iconShapes';

/** A camera. */
export const snapshotIcon = new LabIcon({
  name: 'cellkeep:snapshot',
  svgstr: svg(`${path('M4 8.5h3.5l1.8-2.5h5.4l1.8 2.5H20v10H4z')}${path('M15.2 13.2a3.2 3.2 0 1 1-6.4 0a3.2 3.2 0 0 1 6.4 0z')}`),
});

/** Two pages, one behind the other. */
export const diffIcon = new LabIcon({
  name: 'cellkeep:diff',
  svgstr: svg(`${path('M5 4.5h9v15H5z')}${path('M14 8h5v11.5h-9')}${path('M7.5 9.5h4M9.5 7.5v4M7.5 15.5h4')}`),
});
