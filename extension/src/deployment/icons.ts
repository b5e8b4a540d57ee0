import { LabIcon } from '@jupyterlab/ui-components';
import { path, svg } from '../iconShapes';

/** A rocket: what a notebook made, on its way. */
export const deployIcon = new LabIcon({
  name: 'cellkeep:deploy',
  svgstr: svg(
    `${path(
      'M12 3.5c3.5 2 5 5.5 4.5 9.5l-2 2.5h-5l-2-2.5C7 9 8.5 5.5 12 3.5z',
    )}${path('M12 8.5a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 0 0 0-3.2z')}${path('M9.5 15.5L7 20l3-1.2M14.5 15.5L17 20l-3-1.2M12 17v3.5')}`,
  ),
});
