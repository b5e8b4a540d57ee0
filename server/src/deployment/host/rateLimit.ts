/** A token bucket: holds the requests of one second, at least one, and fills at the rate. Of several hosts each has a part of the rate. */
export class RateLimit {
  readonly ratePerSecond: number;
  readonly hosts: number;
  readonly #rate: number;
  readonly #most: number;
  #left: number;
  #at: number;

  /** @param ratePerSecond of all hosts together */
  constructor(ratePerSecond: number, hosts = 1) {
    this.ratePerSecond = ratePerSecond;
    this.hosts = hosts;
    this.#rate = ratePerSecond / hosts;
    this.#most = Math.max(1, this.#rate);
    this.#left = this.#most;
    this.#at = Number.NEGATIVE_INFINITY;
  }

  /**
   * Takes a request's place.
   * @param now ms of a clock that never goes back
   * @returns seconds until there is one; 0: it was taken
   */
  take(now: number): number {
    if (this.#at !== Number.NEGATIVE_INFINITY) this.#left = Math.min(this.#most, this.#left + ((now - this.#at) / 1_000) * this.#rate);
    this.#at = now;
    if (this.#left < 1) return (1 - this.#left) / this.#rate;
    this.#left -= 1;
    return 0;
  }
}
