import { type KeyboardEvent, type PointerEvent, type ReactElement, useRef, useState } from 'react';
import { createPortal } from 'react-dom';
import { useTranslate } from '../../host.ts';
import { Menu, type MenuItem } from '../../look/Menu.tsx';
import { fieldLabel } from '../fields.ts';
import { valueText } from '../valueText.ts';
import { type Axis, placeOn, ticksOf, valueAtPlace } from './axes.ts';

interface ParallelAxisProps {
  axis: Axis;
  left: number;
  top: number;
  bottom: number;
  /** px to the next axis */
  room: number;
  isFirst: boolean;
  isLast: boolean;
  range: readonly [number, number] | null;
  canChange: boolean;
  onRange: (range: readonly [number, number] | null) => void;
  onDrag: (left: number) => void;
  onDrop: (left: number) => void;
  onMove: (by: number) => void;
  onLog: () => void;
  onRemove: () => void;
}

const LEAST = 5; // px: less is a press
const GRIP = 11; // px on each side of the line that take hold of it

export function ParallelAxis(props: ParallelAxisProps): ReactElement {
  const { axis, left, top, bottom, room, isFirst, isLast, range, canChange } = props;
  const t = useTranslate();
  const name = fieldLabel(axis.field);
  const head = useRef<SVGTextElement>(null);
  const [menuAt, setMenuAt] = useState<{ x: number; y: number } | null>(null);
  const [brush, setBrush] = useState<[number, number] | null>(null); // places
  const from = useRef<number | null>(null);
  const grabbed = useRef<{ x: number; moved: boolean } | null>(null);
  const tall = bottom - top;
  const placeAt = (event: PointerEvent<SVGElement>) => {
    const box = event.currentTarget.ownerSVGElement?.getBoundingClientRect();
    return Math.max(0, Math.min(1, (bottom - (event.clientY - (box?.top ?? 0))) / tall));
  };
  const toRange = ([a, b]: readonly [number, number]): [number, number] => {
    const [low, high] = [Math.min(a, b), Math.max(a, b)];
    if (axis.column.kind !== 'category') return [valueAtPlace(axis, low), valueAtPlace(axis, high)];
    return [Math.ceil(valueAtPlace(axis, low) - 0.3), Math.floor(valueAtPlace(axis, high) + 0.3)];
  };
  const shown = brush ?? (range && [placeOn(axis, range[0]), placeOn(axis, range[1])]);
  const [low, high] = shown ? [Math.min(...shown), Math.max(...shown)] : [0, 0];

  const openMenu = () => {
    const box = head.current?.getBoundingClientRect();
    if (box) setMenuAt({ x: box.left, y: box.bottom });
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Enter' || event.key === ' ') openMenu();
    else if (event.altKey && event.key === 'ArrowLeft') props.onMove(-1);
    else if (event.altKey && event.key === 'ArrowRight') props.onMove(1);
    else if (event.key === 'Delete' || event.key === 'Backspace') props.onRemove();
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const items: (MenuItem | null)[] = [
    { label: t('Move left'), keys: 'Alt+←', disabled: isFirst, onSelect: () => props.onMove(-1) },
    { label: t('Move right'), keys: 'Alt+→', disabled: isLast, onSelect: () => props.onMove(1) },
    { label: t('Logarithmic'), checked: axis.isLog, disabled: !axis.column.canLog, onSelect: props.onLog },
    null,
    // For who cannot drag: the parts that one looks at most.
    { label: t('Only the upper half'), onSelect: () => props.onRange(toRange([0.5, 1])) },
    { label: t('Only the lower half'), onSelect: () => props.onRange(toRange([0, 0.5])) },
    { label: t('Only the upper tenth'), onSelect: () => props.onRange(toRange([0.9, 1])) },
    { label: t('Only the lower tenth'), onSelect: () => props.onRange(toRange([0, 0.1])) },
    { label: t('The whole axis'), disabled: !range, onSelect: () => props.onRange(null) },
    null,
    { label: t('Take the axis out'), keys: 'Del', onSelect: props.onRemove },
  ];
  const most = Math.max(6, Math.floor(room / 6.5));
  const rangeText = range ? `, ${range.map((value) => axis.words[value] ?? valueText(axis.column, value)).join(' – ')}` : '';
  return (
    <g className="ck-parallel-axis" transform={`translate(${left} 0)`}>
      <path className="ck-parallel-line" d={`M0 ${top}V${bottom}`} />
      {ticksOf(axis).map(({ place, text }) => (
        <g key={place} transform={`translate(0 ${bottom - place * tall})`}>
          <path className="ck-parallel-line" d="M-3 0H3" />
          <text className="ck-parallel-tick" x={isLast ? 7 : -7} y={3.5} textAnchor={isLast ? 'start' : 'end'}>
            {text.length > 12 ? `${text.slice(0, 11)}…` : text}
          </text>
        </g>
      ))}
      {axis.places.includes(null) && (
        <text className="ck-parallel-tick" x={-7} y={bottom + 18} textAnchor="end">
          –
        </text>
      )}
      {shown && <rect className="ck-parallel-range" x={-7} width={14} y={bottom - high * tall - 1} height={(high - low) * tall + 2} />}
      {canChange && (
        // biome-ignore lint/a11y/noStaticElementInteractions: the same is done by the menu of the axis
        <rect
          className="ck-parallel-grip"
          data-not-exported
          x={-GRIP}
          width={2 * GRIP}
          y={top - 4}
          height={tall + 8}
          onPointerDown={(event) => {
            from.current = placeAt(event);
            event.currentTarget.setPointerCapture(event.pointerId);
          }}
          onPointerMove={(event) => from.current !== null && setBrush([from.current, placeAt(event)])}
          onPointerUp={(event) => {
            const [a, b] = [from.current ?? 0, placeAt(event)];
            from.current = null;
            setBrush(null);
            props.onRange(Math.abs(a - b) * tall >= LEAST ? toRange([a, b]) : null);
          }}
          onClick={(event) => event.stopPropagation()}
        />
      )}
      <text
        ref={head}
        className="ck-parallel-name"
        y={top - 22}
        textAnchor={isFirst ? 'start' : isLast ? 'end' : 'middle'}
        x={isFirst ? -48 : isLast ? 48 : 0}
        {...(canChange
          ? {
              tabIndex: 0,
              role: 'button',
              'aria-haspopup': 'menu' as const,
              'aria-label': `${t('Axis {name}', { name })}${axis.isLog ? `, ${t('logarithmic')}` : ''}${rangeText}`,
              onKeyDown,
              onPointerDown: (event: PointerEvent<SVGTextElement>) => {
                grabbed.current = { x: event.clientX, moved: false };
                event.currentTarget.setPointerCapture(event.pointerId);
              },
              onPointerMove: (event: PointerEvent<SVGTextElement>) => {
                const grip = grabbed.current;
                if (!grip || (!grip.moved && Math.abs(event.clientX - grip.x) < LEAST)) return;
                grip.moved = true;
                props.onDrag(event.clientX - (event.currentTarget.ownerSVGElement?.getBoundingClientRect().left ?? 0));
              },
              onPointerUp: (event: PointerEvent<SVGTextElement>) => {
                const grip = grabbed.current;
                grabbed.current = null;
                if (grip?.moved) props.onDrop(event.clientX - (event.currentTarget.ownerSVGElement?.getBoundingClientRect().left ?? 0));
                else openMenu();
              },
              onClick: (event: { stopPropagation: () => void }) => event.stopPropagation(),
            }
          : {})}
      >
        {name.length > most ? `${name.slice(0, most - 1)}…` : name}
        {axis.isLog && <tspan className="ck-parallel-tick"> log</tspan>}
        <title>{name}</title>
      </text>
      {menuAt &&
        createPortal(
          <Menu anchor={menuAt} label={t('Axis {name}', { name })} items={items} onClose={() => setMenuAt(null)} />,
          // In a drawing there is no HTML; outside of the view there are none of its styles.
          head.current?.closest('.ck-chart') ?? document.body,
        )}
    </g>
  );
}
