/** Milliseconds between two ticks. */
const interval = 200;

/**
 * Measures wall clock without the time in which this process was stopped (Ctrl-Z, or a SIGSTOP by whoever needs the machine for a
 * moment): what it has started is stopped with it.
 */
export class Stopwatch {
  private readonly begin: number;
  private tick: number;
  private held = 0;
  private readonly timer: NodeJS.Timeout;

  /** @param now clock in milliseconds */
  constructor(private readonly now: () => number = Date.now) {
    this.begin = this.tick = now();
    this.timer = setInterval(() => (this.tick = now()), interval);
    process.on("SIGCONT", this.continued);
  }

  /** Ends the measurement. */
  stop(): { readonly seconds: number; readonly heldSeconds: number } {
    clearInterval(this.timer);
    process.off("SIGCONT", this.continued);
    const held = this.held / 1000;
    return { seconds: (this.now() - this.begin) / 1000 - held, heldSeconds: held };
  }

  private readonly continued = (): void => {
    const now = this.now();
    this.held += now - this.tick;
    this.tick = now;
  };
}
