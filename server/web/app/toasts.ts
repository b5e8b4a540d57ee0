/** Short messages at the edge of the page, outside of React so that the host can say something from anywhere. */
import type { Readable } from '../host.ts';

export interface Toast {
  id: number;
  message: string;
  kind: 'info' | 'error';
}

const STAYS = { info: 4_000, error: 10_000 }; // ms; what went wrong takes longer to read
const MOST = 4;

export interface Toasts extends Readable<readonly Toast[]> {
  add(message: string, kind: Toast['kind']): void;
  close(id: number): void;
}

export function createToasts(): Toasts {
  const listeners = new Set<() => void>();
  let toasts: readonly Toast[] = [];
  let last = 0;
  const set = (next: readonly Toast[]) => {
    toasts = next;
    for (const listener of [...listeners]) listener();
  };
  const close = (id: number) => set(toasts.filter((toast) => toast.id !== id));
  return {
    get: () => toasts,
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    add(message, kind) {
      const id = ++last;
      const others = toasts.filter((toast) => toast.message !== message); // the same again only stays longer
      set([...others, { id, message, kind }].slice(-MOST));
      setTimeout(() => close(id), STAYS[kind]);
    },
    close,
  };
}
