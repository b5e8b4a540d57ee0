const SLICE = 8; // ms; half of a frame, so that typing and scrolling go on in between

/** Long work in slices: `breathe` between its pieces gives the page its turn whenever the slice is used up. */
export class Slices {
  /** Time that the page could not do anything else, until now. In milliseconds. */
  get spent(): number {
    return this.before + performance.now() - this.startedAt;
  }

  /** The longest of the slices, in milliseconds. */
  longest = 0;

  async breathe(): Promise<void> {
    const used = performance.now() - this.startedAt;
    if (used < SLICE) return;
    await this.wait(nextTask());
  }

  /** Waits for something; its time is not the page's. */
  async wait<T>(for_: Promise<T>): Promise<T> {
    const used = performance.now() - this.startedAt;
    this.before += used;
    this.longest = Math.max(this.longest, used);
    try {
      return await for_;
    } finally {
      this.startedAt = performance.now();
    }
  }

  private before = 0;
  private startedAt = performance.now();
}

/** After whatever is due in this page. A timer would add 4 ms to each turn, and a second in a tab that is not in front. */
function nextTask(): Promise<void> {
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => {
      port1.close();
      resolve();
    };
    port2.postMessage(null);
  });
}
