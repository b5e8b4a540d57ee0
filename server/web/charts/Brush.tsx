import { type PointerEvent, type ReactElement, useRef, useState } from 'react';

export interface Box {
  left: number;
  right: number;
  top: number;
  bottom: number;
}

const LEAST = 5; // px: less is a press, not a drag

/** Lies over a drawing: a drag marks a part of it, a press is a press. */
export function Brush({
  isOn,
  onBrush,
  onPoint,
  onLeave,
  onPress,
  cursor,
}: {
  isOn: boolean;
  onBrush: (box: Box | null) => void;
  onPoint: (event: PointerEvent<HTMLDivElement>) => void;
  onLeave: () => void;
  onPress: (event: PointerEvent<HTMLDivElement>) => void;
  cursor: string;
}): ReactElement {
  const from = useRef<{ left: number; top: number } | null>(null);
  const [box, setBox] = useState<Box | null>(null);
  const placeOf = (event: PointerEvent<HTMLDivElement>) => {
    const { left, top } = event.currentTarget.getBoundingClientRect();
    return { left: event.clientX - left, top: event.clientY - top };
  };
  return (
    <div
      className="ck-chart-brush"
      style={{ cursor }}
      onPointerDown={(event) => {
        if (event.button !== 0) return;
        from.current = placeOf(event);
        event.currentTarget.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        if (!from.current || !isOn) return onPoint(event);
        const here = placeOf(event);
        setBox({
          left: Math.min(from.current.left, here.left),
          right: Math.max(from.current.left, here.left),
          top: Math.min(from.current.top, here.top),
          bottom: Math.max(from.current.top, here.top),
        });
      }}
      onPointerUp={(event) => {
        if (!from.current) return;
        from.current = null;
        setBox(null);
        if (box && (box.right - box.left >= LEAST || box.bottom - box.top >= LEAST)) onBrush(box);
        else onPress(event);
      }}
      onPointerCancel={() => {
        from.current = null;
        setBox(null);
      }}
      onPointerLeave={onLeave}
    >
      {box && <i style={{ left: box.left, top: box.top, width: box.right - box.left, height: box.bottom - box.top }} />}
    </div>
  );
}
