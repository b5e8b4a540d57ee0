/** The curves of a panel as real vectors, from the same lines that the canvas shows. */
import { lonePoints, stretches } from './drawLines.ts';
import { xmlText } from './exportFiles.ts';
import type { Picture } from './plot.ts';
import type { Line } from './shape.ts';

export interface SvgLook {
  title: string;
  background: string;
  text: string;
  faint: string;
  grid: string;
  font: string;
}

const TITLE = 26; // px above the plot
const ROW = 16; // px of a row of the legend
const COLUMN = 180;
/** Beyond this a legend is longer than its picture. */
const MOST_NAMED = 60;

export function curvesSvg(picture: Picture, look: SvgLook): { svg: string; width: number; height: number } {
  const { curves, width, plot, place, xTicks, yTicks } = picture;
  const named = curves.slice(0, MOST_NAMED);
  const perRow = Math.max(1, Math.floor((width - plot.left) / COLUMN));
  const rest = curves.length - named.length;
  const height = TITLE + picture.height + Math.ceil((named.length + Math.sign(rest)) / perRow) * ROW + 8;
  const bottom = plot.top + plot.height;
  const text = (x: number, y: number, said: string, more = '') =>
    `<text x="${round(x)}" y="${round(y)}" fill="${look.faint}" font-size="10" ${more}>${xmlText(said)}</text>`;
  const rule = (x1: number, y1: number, x2: number, y2: number) =>
    `<path d="M${round(x1)} ${round(y1)}L${round(x2)} ${round(y2)}" stroke="${look.grid}"/>`;
  const legend = named.map(({ label, colour, dash }, i) => {
    const [x, y] = [plot.left + (i % perRow) * COLUMN, TITLE + picture.height + 8 + Math.floor(i / perRow) * ROW];
    const short = label.length > 26 ? `${label.slice(0, 25)}…` : label;
    return `<path d="M${round(x)} ${round(y)}h18" stroke="${colour}" stroke-width="2"${dashed(dash)}/>${text(x + 24, y + 3.5, short)}`;
  });
  if (rest > 0) {
    const i = named.length;
    legend.push(text(plot.left + (i % perRow) * COLUMN, TITLE + picture.height + 11.5 + Math.floor(i / perRow) * ROW, `+ ${rest}`));
  }
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" font-family="${xmlText(look.font)}">`,
    `<title>${xmlText(look.title)}</title>`,
    `<rect width="100%" height="100%" fill="${look.background}"/>`,
    `<text x="12" y="18" font-size="13" font-weight="600" fill="${look.text}">${xmlText(look.title)}</text>`,
    `<clipPath id="plot"><rect x="${plot.left}" y="${plot.top}" width="${plot.width}" height="${plot.height}"/></clipPath>`,
    `<g transform="translate(0 ${TITLE})">`,
    ...xTicks.map(({ value }) => rule(place.x(value), plot.top, place.x(value), bottom)),
    ...yTicks.map(({ value }) => rule(plot.left, place.y(value), plot.left + plot.width, place.y(value))),
    ...xTicks.map(({ value, text: said }) => text(place.x(value), bottom + 14, said, 'text-anchor="middle"')),
    ...yTicks.map(({ value, text: said }) => text(plot.left - 6, place.y(value) + 3.5, said, 'text-anchor="end"')),
    '<g clip-path="url(#plot)" fill="none" stroke-linejoin="round">',
    ...curves.map((curve) => {
      const opacity = curve.isFaded ? ' opacity="0.18"' : '';
      const band = bandPath(curve.line, place);
      return [
        `<g stroke="${curve.colour}"${opacity}><title>${xmlText(curve.label)}</title>`,
        band && `<path d="${band}" fill="${curve.colour}" fill-opacity="0.16" stroke="none"/>`,
        curve.raw && `<path d="${linePath(curve.raw, place)}" stroke-opacity="0.25"/>`,
        `<path d="${linePath(curve.line, place)}" stroke-width="1.5"${dashed(curve.dash)}/>`,
        ...lonePoints(curve.line).map(
          ([x, y]) => `<circle cx="${round(place.x(x))}" cy="${round(place.y(y))}" r="2.5" fill="${curve.colour}" stroke="none"/>`,
        ),
        '</g>',
      ]
        .filter(Boolean)
        .join('');
    }),
    '</g></g>',
    ...legend,
    '</svg>',
  ];
  return { svg: parts.join('\n'), width, height };
}

const round = (value: number) => Math.round(value * 100) / 100;
const dashed = (dash: readonly number[] | undefined) => (dash ? ` stroke-dasharray="${dash.join(' ')}"` : '');

function linePath({ x, y }: Line, place: Picture['place']): string {
  let path = '';
  let isOpen = false;
  for (let i = 0; i < x.length; i++) {
    const value = y[i];
    if (value != null) path += `${isOpen ? 'L' : 'M'}${round(place.x(x[i] as number))} ${round(place.y(value))}`;
    isOpen = value != null;
  }
  return path;
}

function bandPath({ x, low = [], high = [] }: Line, place: Picture['place']): string {
  const at = (i: number, value: number | null | undefined) => `${round(place.x(x[i] as number))} ${round(place.y(value as number))}`;
  return stretches(low, high)
    .map(([from, to]) => {
      const places = Array.from({ length: to - from }, (_, i) => from + i);
      const edge = [...places.map((i) => at(i, high[i])), ...places.reverse().map((i) => at(i, low[i]))];
      return `M${edge.join('L')}Z`;
    })
    .join('');
}
