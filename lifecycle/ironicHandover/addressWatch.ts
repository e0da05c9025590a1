import { type Context, pause } from "../shared/context";
import { askNeighbour, forgetNeighbour, knownNeighbour } from "./neighbours";
import { type AddressAnswer, type OnLink, probeAddress } from "./probes";

/** What an address has answered in one round. */
export interface AddressRound {
  /** Answers by port. */
  readonly ports: ReadonlyMap<number, AddressAnswer>;
  /** MAC address that answered for it, where this machine is on its network. */
  readonly mac?: string;
  /** When the round began (milliseconds since the epoch). */
  readonly startedAt: number;
}

/** What is known of an address after the rounds so far. */
export interface AddressState {
  /** The last full round: connections to every port. */
  readonly round?: AddressRound;
  /** Since when nobody has answered for the address, not even a neighbour (milliseconds since the epoch). */
  readonly unheldSince?: number;
  /** When the last question that got no answer was asked (milliseconds since the epoch). */
  readonly confirmedAt?: number;
}

/** Seconds until an address that somebody holds is looked at again. */
const heldSeconds = 0.3;

/** Where to look. */
export interface AddressScope {
  readonly address: string;
  readonly ports: readonly number[];
  /** Interface of this machine on the address's network. */
  readonly link?: OnLink;
}

/** Looks at an address over and over: whether anybody answers for it, and who. */
export class AddressWatch {
  private now: AddressState = {};
  private stopped = false;

  private constructor(
    private readonly context: Context,
    private readonly scope: AddressScope,
  ) {}

  static start(context: Context, scope: AddressScope): AddressWatch {
    const watch = new AddressWatch(context, scope);
    // Ends with an error only when the program is told to stop.
    void watch.look().catch(() => undefined);
    return watch;
  }

  get state(): AddressState {
    return this.now;
  }

  /** The round that is under way is the last. */
  close(): void {
    this.stopped = true;
  }

  private async look(): Promise<void> {
    while (!this.stopped && !this.context.signal.aborted) {
      this.now = (await this.confirm()) ?? (await this.wholeRound());
      if (this.now.unheldSince === undefined) {
        await pause(this.context, heldSeconds);
      }
    }
  }

  /** A short question where nobody was found before; undefined when there is an answer, or nothing to confirm. */
  private async confirm(): Promise<AddressState | undefined> {
    const { address, link } = this.scope;
    if (this.now.unheldSince === undefined || !link) {
      return undefined;
    }
    const startedAt = Date.now();
    const mac = await askNeighbour(this.context, address, link);
    return mac === undefined ? { ...this.now, confirmedAt: startedAt } : undefined;
  }

  private async wholeRound(): Promise<AddressState> {
    const { address, ports, link } = this.scope;
    const startedAt = Date.now();
    if (link) {
      await forgetNeighbour(this.context, address, link);
    }
    const answers = await Promise.all(
      ports.map(async (port) => [port, await probeAddress(address, port, this.context.signal)] as const),
    );
    const unheld = answers.every(([, { kind }]) => kind === "nobody");
    const mac = link && !unheld ? await knownNeighbour(this.context, address, link) : undefined;
    const round = { ports: new Map(answers), mac, startedAt };
    return unheld ? { round, unheldSince: startedAt, confirmedAt: startedAt } : { round };
  }
}
