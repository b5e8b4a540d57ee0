/**
 * What a host's process writes itself (the last words of a native crash among it) goes to a file: it outlives the server, where a pipe
 * would break with it. The server reads what is new, and cuts the file before it grows.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, rmSync, truncateSync } from 'node:fs';

/** bytes that are read at once; what a host writes beyond that in one look is left out */
const MOST_READ = 64 * 1024;
const CUT_ABOVE = 4 * 1024 * 1024;
const LONGEST_LINE = 2_000;

export class LogFile {
  readonly path: string;
  private at = 0;
  private rest = '';

  constructor(path: string) {
    this.path = path;
  }

  /** For the child's stdout and stderr; empty, and always written at its end. */
  open(): number {
    rmSync(this.path, { force: true });
    this.at = 0;
    this.rest = '';
    return openSync(this.path, 'a', 0o600);
  }

  /** Whole lines since the last look. @param isLast also one without an end */
  read(isLast = false): string[] {
    if (!existsSync(this.path)) return [];
    const file = openSync(this.path, 'r');
    try {
      const { size } = fstatSync(file);
      if (size < this.at) this.at = 0;
      const skipped = Math.max(0, size - this.at - MOST_READ);
      const bytes = Buffer.alloc(Math.min(size - this.at, MOST_READ));
      readSync(file, bytes, 0, bytes.length, this.at + skipped);
      this.at = size;
      if (size > CUT_ABOVE) {
        truncateSync(this.path);
        this.at = 0;
      }
      const text = this.rest + bytes.toString('utf8');
      const lines = text.split('\n');
      this.rest = isLast ? '' : (lines.pop() ?? '').slice(-LONGEST_LINE);
      const whole = lines.filter((line) => line.trim() !== '').map((line) => line.slice(0, LONGEST_LINE));
      return skipped > 0 ? [`… ${skipped} bytes left out`, ...whole] : whole;
    } finally {
      closeSync(file);
    }
  }

  remove(): void {
    rmSync(this.path, { force: true });
  }
}
