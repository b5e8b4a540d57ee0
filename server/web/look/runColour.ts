/**
 * A run keeps its colour everywhere: in tables, on curves, on the badge of its cell. The colour comes from the run's id, so that pages
 * agree without talking to each other; only where two runs of one picture would look the same does the later one take another.
 */

/** Okabe–Ito, eight colours; then the same with a dash, twice. */
export const COLOURS = 8;
const DASHES: (number[] | undefined)[] = [undefined, [6, 4], [2, 3]];
export const SLOTS = COLOURS * DASHES.length;

export interface RunStyle {
  slot: number;
  /** CSS colour. */
  colour: string;
  dash: number[] | undefined;
}

export function preferredSlot(runId: string): number {
  return Number.parseInt(runId.slice(0, 6), 16) % COLOURS || 0;
}

/** CSS colour of a run by itself, as on the badge of a cell. */
export function runColour(runId: string): string {
  return styleOf(preferredSlot(runId)).colour;
}

export function styleOf(slot: number): RunStyle {
  return { slot, colour: `var(--ck-s${(slot % COLOURS) + 1})`, dash: DASHES[Math.floor(slot / COLOURS) % DASHES.length] };
}

/**
 * Slots for the runs of one picture, all different while there are enough. A slot that a run was given before is kept where it is free.
 */
export function assignSlots(runIds: readonly string[], remembered: ReadonlyMap<string, number>): Map<string, number> {
  const taken = new Set<number>();
  const slots = new Map<string, number>();
  const waiting: string[] = [];
  for (const id of runIds) {
    const wanted = remembered.get(id) ?? preferredSlot(id);
    if (taken.has(wanted)) waiting.push(id);
    else {
      taken.add(wanted);
      slots.set(id, wanted);
    }
  }
  for (const id of waiting) {
    const start = preferredSlot(id);
    // Another colour first, then another dash.
    const free = Array.from({ length: SLOTS }, (_, n) => Math.floor(n / COLOURS) * COLOURS + ((start + n) % COLOURS)).find(
      (slot) => !taken.has(slot),
    );
    const slot = free ?? start;
    taken.add(slot);
    slots.set(id, slot);
  }
  return slots;
}
