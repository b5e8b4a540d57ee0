import type { MouseEvent, ReactElement, ReactNode } from 'react';
import { useHost, type View } from '../host.ts';

/** A real link, so that it can be copied and opened elsewhere; a plain click goes where the host shows such views. */
export function ViewLink({
  to,
  children,
  className = 'ck-link',
  title,
  tabIndex,
}: {
  to: View;
  children: ReactNode;
  className?: string;
  title?: string;
  tabIndex?: number;
}): ReactElement {
  const host = useHost();
  const onClick = (event: MouseEvent) => {
    if (event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
    event.preventDefault();
    event.stopPropagation();
    host.navigate(to);
  };
  return (
    <a className={className} href={host.href(to) ?? undefined} onClick={onClick} title={title} tabIndex={tabIndex}>
      {children}
    </a>
  );
}
