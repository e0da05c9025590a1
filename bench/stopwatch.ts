/** Milliseconds between two ticks, and so by how much a time of standing still may come out too long. */
const interval = 200;

/**
 * Measures wall clock without the time in which this process was stopped (Ctrl-Z, or a SIGSTOP by whoever needs the machine for a
 * moment): what it has started is stopped with it.
 */
export class Stopwatch {
  private readonly begin: number;
  private tick: number;
  /** Milliseconds between the last two ticks, as far as they are not in {@link held}. */
  private gap = 0;
  private held = 0;
  private readonly timer: NodeJS.Timeout;

  /** @param now clock in milliseconds */
  constructor(private readonly now: () => number = Date.now) {
    this.begin = this.tick = now();
    this.timer = setInterval(this.ticked, interval);
    process.on("SIGCONT", this.continued);
  }

  /** Ends the measurement. */
  stop(): { readonly seconds: number; readonly heldSeconds: number } {
    clearInterval(this.timer);
    process.off("SIGCONT", this.continued);
    const held = this.held / 1000;
    return { seconds: (this.now() - this.begin) / 1000 - held, heldSeconds: held };
  }

  private readonly ticked = (): void => {
    const now = this.now();
    this.gap = now - this.tick;
    this.tick = now;
  };

  /**
   * A process that goes on finds its timer due, and most often hears of that before it hears of the signal: then the time is in
   * the gap before the last tick, else in the one since then. The other one is no longer than the interval.
   */
  private readonly continued = (): void => {
    const before = this.gap;
    this.ticked();
    this.held += Math.max(before, this.gap);
    this.gap = 0;
  };
}
