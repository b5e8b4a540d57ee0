/** Our own small family: 24 px grid, one round stroke of 1.8, colour of the text around it. */
import type { ReactElement } from 'react';

const PATHS = {
  search: 'M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20',
  refresh: 'M19 12a7 7 0 1 1-2.2-5.1M19 4v4h-4',
  swap: 'M5 8.5h14M15.5 5l3.5 3.5-3.5 3.5M19 15.5H5M8.5 12L5 15.5 8.5 19',
  external: 'M13 5h6v6M19 5l-9 9M17 14v5H5V7h5',
  more: 'M4.5 12h1.5M11.2 12h1.5M18 12h1.5',
  down: 'M6 9.5l6 6 6-6',
  right: 'M9.5 6l6 6-6 6',
  left: 'M14.5 6l-6 6 6 6',
  close: 'M6 6l12 12M18 6L6 18',
  plus: 'M12 5v14M5 12h14',
  check: 'M5 12.5l4.5 4.5L19 7',
  copy: 'M9 9h10v10H9zM5 15V5h10',
  pencil: 'M5 19l1-4L16 5l3 3L9 18z',
  tag: 'M4 4h7l9 9-7 7-9-9zM8 8h.01',
  bin: 'M5 7h14M9 7V4.5h6V7M7 7l1 12.5h8L17 7M10.5 10.5v6M13.5 10.5v6',
  undo: 'M9 6L4.5 10.5 9 15M5 10.5h9a5 5 0 0 1 0 10h-3',
  stop: 'M7 7h10v10H7z',
  play: 'M8 5.5v13l10.5-6.5z',
  eye: 'M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12zM12 9.5a2.5 2.5 0 1 0 0 5a2.5 2.5 0 0 0 0-5z',
  eyeOff:
    'M4 4l16 16M9.5 5.9A9 9 0 0 1 12 5.5c6 0 9.5 6.5 9.5 6.5a17 17 0 0 1-3 3.7M6 7.6A16 16 0 0 0 2.5 12S6 18.5 12 18.5a9 9 0 0 0 4-.9',
  columns: 'M4 5h16v14H4zM9.5 5v14M14.5 5v14',
  chart: 'M4 4v16h16M7.5 15.5c2-6 3.5-1.5 5.5-4.5s2.5-4.5 6-5.5',
  compare: 'M4 18c6 0 7-12 16-12M4 18c6 0 8-5 16-4',
  run: 'M4 17.5c3.5-9 6-1 8.5-5s2-5 4-6M18.5 4a2 2 0 1 0 0 4a2 2 0 0 0 0-4z',
  flask: 'M9 4h6M10 4v6L5 18.5A1.2 1.2 0 0 0 6 20h12a1.2 1.2 0 0 0 1-1.5L14 10V4M7.5 15h9',
  log: 'M6 4h12v16H6zM9 8.5h6M9 12h6M9 15.5h4',
  gear: 'M12 9a3 3 0 1 0 0 6a3 3 0 0 0 0-6zM12 3.5v3M12 17.5v3M3.5 12h3M17.5 12h3M6 6l2.1 2.1M15.9 15.9L18 18M18 6l-2.1 2.1M8.1 15.9L6 18',
  key: 'M8.5 11a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM11.5 12.5L20 4M16.5 7.5l3 3M14 10l2 2',
  users:
    'M9 5a3.5 3.5 0 1 0 0 7a3.5 3.5 0 0 0 0-7zM2.5 20c0-4 3-6 6.5-6s6.5 2 6.5 6M15.5 5.3a3.5 3.5 0 0 1 0 6.4M18 14.5c2 .8 3.5 2.6 3.5 5.5',
  sun: 'M12 8a4 4 0 1 0 0 8a4 4 0 0 0 0-8zM12 2.5v2M12 19.5v2M2.5 12h2M19.5 12h2M5.3 5.3l1.4 1.4M17.3 17.3l1.4 1.4M18.7 5.3l-1.4 1.4M6.7 17.3l-1.4 1.4',
  moon: 'M19.5 14.5A8 8 0 0 1 9.5 4.5a8 8 0 1 0 10 10z',
  auto: 'M12 4a8 8 0 1 0 0 16a8 8 0 0 0 0-16zM12 4v16M12 7.5a4.5 4.5 0 0 1 0 9',
  door: 'M14 4h5v16h-5M4 12h11M11 8l4 4-4 4',
  notebook: 'M7 4h12v16H7zM5 8h3M5 12h3M5 16h3M11 8h5',
  folder: 'M4 6h5.5l2 2.5H20V19H4z',
  file: 'M7 4h7l4 4v12H7zM14 4v4h4',
  image: 'M4 5h16v14H4zM4 16l5-5 4 4 2.5-2.5L20 17M15.5 8.5h.01',
  table: 'M4 5h16v14H4zM4 10h16M4 14.5h16M10 5v14',
  text: 'M5 6h14M5 10h14M5 14h14M5 18h8',
  download: 'M12 4v11M7.5 11l4.5 4.5L16.5 11M5 20h14',
  upload: 'M12 16V5M7.5 9L12 4.5 16.5 9M5 20h14',
  menu: 'M4 7h16M4 12h16M4 17h16',
  zoomOut: 'M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM15.5 15.5 20 20M7.5 10.5h6',
  up: 'M12 19V5M6 11l6-6 6 6',
  expand: 'M14 4h6v6M20 4l-6.5 6.5M10 20H4v-6M4 20l6.5-6.5',
  shrink: 'M13.5 4.5v6h6M13.5 10.5L20 4M10.5 19.5v-6h-6M10.5 13.5L4 20',
  branch: 'M7 4v16M7 14c0-4 10-2 10-8M17 3.5a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 0 0 0-3.2z',
  pin: 'M9 4h6l-1 6 3 3.5H7L10 10zM12 13.5V20',
  archive: 'M4 5h16v4H4zM5.5 9v10h13V9M10 12.5h4',
  layers: 'M12 4l8 4-8 4-8-4zM4 12l8 4 8-4M4 16l8 4 8-4',
  bell: 'M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 2h-15zM10 20.5a2.2 2.2 0 0 0 4 0M12 3v2',
  comment: 'M4 5h16v11h-8l-4.5 4v-4H4zM8 9h8M8 12h5',
  report: 'M6 3.5h8.5L19 8v12.5H6zM14 3.5V8h5M9 16.5l2.5-3.5 2 2L16 11.5',
  rocket:
    'M12 3.5c3.5 2 5 5.5 4.5 9.5l-2 2.5h-5l-2-2.5C7 9 8.5 5.5 12 3.5zM12 8.5a1.6 1.6 0 1 0 0 3.2a1.6 1.6 0 0 0 0-3.2zM9.5 15.5L7 20l3-1.2M14.5 15.5L17 20l-3-1.2M12 17v3.5',
  box: 'M12 3.5l7.5 4.2v8.6L12 20.5l-7.5-4.2V7.7zM4.5 7.7L12 12l7.5-4.3M12 12v8.5',
  sliders: 'M5 7h8M17 7h2M15 5v4M5 12h2M11 12h8M9 10v4M5 17h9M18 17h1M16 15v4',
  history: 'M5 12a7 7 0 1 0 2-5M5 4v4h4M12 8v4.5l3 2',
  warn: 'M12 4l9 16H3zM12 10v4.5M12 17.2h.01',
} as const;

export type IconName = keyof typeof PATHS;

/** An icon is decoration: what it means stands in the label of what holds it. */
export function Icon({ name, size = 16 }: { name: IconName; size?: number }): ReactElement {
  return (
    <svg className="ck-icon" width={size} height={size} viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Brand({ size = 18 }: { size?: number }): ReactElement {
  return (
    <svg className="ck-brand-mark" width={size} height={size} viewBox="0 0 18 18" aria-hidden="true" focusable="false">
      <path d="M2.5 15.5v-11l3 2 3.5-3.5 3.5 3.5 3-2v11z" />
      <path d="M6.5 15.5v-4h5v4" />
    </svg>
  );
}
