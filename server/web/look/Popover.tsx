/**
 * What opens beside a button: in the browser's top layer, so that no scroller or tab around it can cut it off; closed by Escape and by
 * a press elsewhere. The browser would close an "auto" popover also by the press on its own button, which then opens it again.
 */
import { type ReactElement, type ReactNode, type RefObject, useEffect, useLayoutEffect, useRef } from 'react';

export interface PopoverProps {
  /** What it opens beside. */
  anchor: RefObject<HTMLElement | null> | { x: number; y: number };
  onClose: () => void;
  children: ReactNode;
  label: string;
  role?: 'menu' | 'dialog' | 'listbox';
  /** Which edge it shares with its anchor. */
  align?: 'start' | 'end';
  className?: string;
  /** False: the focus stays where it is (a list of completions). */
  takesFocus?: boolean;
}

const GAP = 4;

export function Popover(props: PopoverProps): ReactElement {
  const { anchor, onClose, children, label, role = 'dialog', align = 'start', className = '', takesFocus = true } = props;
  const box = useRef<HTMLDivElement>(null);
  const close = useRef(onClose);
  close.current = onClose;

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    element.popover = 'manual';
    element.showPopover();
    place(element, anchor, align);
    const onSize = new ResizeObserver(() => place(element, anchor, align));
    onSize.observe(element);
    return () => onSize.disconnect();
  }, [anchor, align]);

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const before = document.activeElement;
    if (takesFocus) element.querySelector<HTMLElement>('[data-first], input, button, [tabindex="0"], a[href]')?.focus();
    const onPress = (event: Event) => {
      const target = event.target as Node;
      const opener = 'current' in anchor ? anchor.current : null;
      if (!element.contains(target) && !opener?.contains(target)) close.current();
    };
    const onKey = (event: KeyboardEvent) => {
      // What had the focus may be gone by its own doing (a row that was chosen); then nothing has it, and Escape still means this.
      const isOurs = element.contains(event.target as Node) || document.activeElement === document.body;
      if (event.key !== 'Escape' || !isOurs) return;
      event.preventDefault();
      event.stopPropagation();
      close.current();
    };
    document.addEventListener('pointerdown', onPress, true);
    document.addEventListener('keydown', onKey, true);
    return () => {
      document.removeEventListener('pointerdown', onPress, true);
      document.removeEventListener('keydown', onKey, true);
      // Back to where the person was, unless they have gone on by themselves.
      if (
        takesFocus &&
        before instanceof HTMLElement &&
        (element.contains(document.activeElement) || document.activeElement === document.body)
      )
        before.focus();
    };
  }, [anchor, takesFocus]);

  return (
    // biome-ignore lint/a11y/useAriaPropsSupportedByRole: each of its roles may have a label
    <div ref={box} className={`ck-popover ${className}`} role={role} aria-label={label}>
      {children}
    </div>
  );
}

function place(element: HTMLElement, anchor: PopoverProps['anchor'], align: 'start' | 'end'): void {
  const at = 'current' in anchor ? anchor.current?.getBoundingClientRect() : new DOMRect(anchor.x, anchor.y, 0, 0);
  if (!at) return;
  const { offsetWidth: width, offsetHeight: height } = element;
  const left = align === 'end' ? at.right - width : at.left;
  const below = at.bottom + GAP;
  const top = below + height > innerHeight && at.top - GAP - height > 0 ? at.top - GAP - height : below;
  element.style.left = `${Math.max(GAP, Math.min(left, innerWidth - width - GAP))}px`;
  element.style.top = `${Math.max(GAP, Math.min(top, innerHeight - height - GAP))}px`;
}
