import { limits } from '@cellkeep/schema/wire';

const MOST = 100; // warnings of a snapshot

/** Ids of the cells of one snapshot: each stands once, whatever the notebook says. */
export class CellIds {
  constructor(warnings: Warnings) {
    this.warnings = warnings;
  }

  take(wanted: string): string {
    const id = wanted.slice(0, limits.name) || 'cell';
    let free = id;
    for (let number = 2; this.taken.has(free); number++) free = `${id.slice(0, limits.name - 8)}-${number}`;
    if (free !== wanted) this.warnings.add(`cell id ${JSON.stringify(id)} stands more than once or is too long: kept as ${free}`);
    this.taken.add(free);
    return free;
  }

  private readonly warnings: Warnings;
  private readonly taken = new Set<string>();
}

/** What was repaired or left out, for people. */
export class Warnings {
  readonly all: string[] = [];

  add(text: string): void {
    if (this.all.length < MOST) this.all.push(text.slice(0, 1_000));
  }
}
