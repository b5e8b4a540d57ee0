import { type KeyboardEvent, type ReactElement, type ReactNode, useRef, useState } from 'react';
import { Icon, type IconName } from './icons.tsx';
import { Popover, type PopoverProps } from './Popover.tsx';

export interface MenuItem {
  label: string;
  icon?: IconName;
  /** Shown at the right, as a hint. */
  keys?: string;
  danger?: boolean;
  disabled?: boolean;
  checked?: boolean;
  onSelect: () => void;
}

/** The items of a menu with arrows, Home, End and first letters, as the pattern for menus wants. */
export function Menu({
  anchor,
  label,
  items,
  onClose,
  align,
}: Pick<PopoverProps, 'anchor' | 'label' | 'onClose' | 'align'> & { items: (MenuItem | null)[] }): ReactElement {
  const list = useRef<HTMLDivElement>(null);
  const onKeyDown = (event: KeyboardEvent) => {
    const all = [...(list.current?.querySelectorAll<HTMLButtonElement>('[role^=menuitem]:not(:disabled)') ?? [])];
    const at = all.indexOf(document.activeElement as HTMLButtonElement);
    const go = (index: number) => all.at(index % all.length)?.focus();
    if (event.key === 'ArrowDown') go(at + 1);
    else if (event.key === 'ArrowUp') go(at - 1);
    else if (event.key === 'Home') go(0);
    else if (event.key === 'End') go(-1);
    else if (event.key === 'Tab') onClose();
    else if (event.key.length === 1)
      all.find((item, i) => i > at && item.textContent?.toLowerCase().startsWith(event.key.toLowerCase()))?.focus();
    if (['ArrowDown', 'ArrowUp', 'Home', 'End'].includes(event.key)) event.preventDefault();
    event.stopPropagation();
  };
  return (
    <Popover anchor={anchor} onClose={onClose} label={label} role="menu" align={align} className="ck-menu">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: keys of the menu's items are handled where they bubble to */}
      <div ref={list} onKeyDown={onKeyDown}>
        {items.map((item, i) =>
          item === null ? (
            // biome-ignore lint/suspicious/noArrayIndexKey: separators have no other name
            <hr key={`line-${i}`} />
          ) : (
            // biome-ignore lint/a11y/useAriaPropsSupportedByRole: aria-checked is there only with the role menuitemcheckbox
            <button
              key={item.label}
              type="button"
              role={item.checked === undefined ? 'menuitem' : 'menuitemcheckbox'}
              aria-checked={item.checked}
              className={item.danger ? 'ck-menu-item ck-danger' : 'ck-menu-item'}
              disabled={item.disabled}
              onClick={() => {
                onClose();
                item.onSelect();
              }}
            >
              {item.checked !== undefined ? <span className="ck-menu-check">{item.checked && <Icon name="check" size={14} />}</span> : null}
              {item.icon && <Icon name={item.icon} size={14} />}
              <span className="ck-grow">{item.label}</span>
              {item.keys && <kbd>{item.keys}</kbd>}
            </button>
          ),
        )}
      </div>
    </Popover>
  );
}

export function MenuButton({
  label,
  items,
  children,
  className = 'ck-btn',
  align = 'start',
  title,
}: {
  label: string;
  items: () => (MenuItem | null)[];
  children: ReactNode;
  className?: string;
  align?: 'start' | 'end';
  title?: string;
}): ReactElement {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  return (
    <>
      <button
        ref={button}
        type="button"
        className={className}
        aria-haspopup="menu"
        aria-expanded={isOpen}
        aria-label={label}
        title={title}
        onClick={(event) => {
          event.stopPropagation();
          setOpen(!isOpen);
        }}
      >
        {children}
      </button>
      {isOpen && <Menu anchor={button} label={label} items={items()} align={align} onClose={() => setOpen(false)} />}
    </>
  );
}
