import { useEffect, useRef, useState } from 'react';
import { type Group, settle } from './groups.ts';

/** The groups as shown: under the pointer nothing changes its place; `news` counts the runs that wait for it to leave. */
export function useSettled(
  fresh: Group[],
  scope: string,
): { groups: Group[]; news: number; onHold: (isHeld: boolean) => void; showNews: () => void } {
  const [isHeld, setHeld] = useState(false);
  const [, setShown] = useState(0);
  const held = useRef({ scope, groups: fresh });
  const isSame = held.current.scope === scope;
  const settled = isHeld && isSame && held.current.groups.length > 0 ? settle(held.current.groups, fresh) : { groups: fresh, news: 0 };
  useEffect(() => {
    if (!isHeld || !isSame || held.current.groups.length === 0) held.current = { scope, groups: fresh };
  }, [fresh, scope, isHeld, isSame]);
  return {
    ...settled,
    onHold: setHeld,
    showNews: () => {
      held.current = { scope, groups: fresh };
      setShown((n) => n + 1);
    },
  };
}
