/** A token bucket: holds the requests of one second, at least one, and fills at the rate. */
export class RateLimit {
  readonly ratePerSecond: number;
  readonly #most: number;
  #left: number;
  #at: number;

  constructor(ratePerSecond: number) {
    this.ratePerSecond = ratePerSecond;
    this.#most = Math.max(1, ratePerSecond);
    this.#left = this.#most;
    this.#at = Number.NEGATIVE_INFINITY;
  }

  /**
   * Takes a request's place.
   * @param now ms of a clock that never goes back
   * @returns seconds until there is one; 0: it was taken
   */
  take(now: number): number {
    if (this.#at !== Number.NEGATIVE_INFINITY)
      this.#left = Math.min(this.#most, this.#left + ((now - this.#at) / 1_000) * this.ratePerSecond);
    this.#at = now;
    if (this.#left < 1) return (1 - this.#left) / this.ratePerSecond;
    this.#left -= 1;
    return 0;
  }
}
