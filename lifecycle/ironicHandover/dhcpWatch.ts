import dgram from "node:dgram";
import { createDiscover, type DhcpOffer, parseOffer } from "./dhcp";
import type { OnLink } from "./probes";

/** Milliseconds between two discovers. */
const intervalMilliseconds = 400;

/** Ports of DHCP; others are for tests. */
export const dhcpPorts = { client: 68, server: 67 } as const;

/** An offer and when it came (milliseconds since the epoch). */
export interface HeardOffer extends DhcpOffer {
  readonly at: number;
}

/** Asks for addresses over and over, and keeps what is offered. Takes none. */
export class DhcpWatch {
  private readonly offers: HeardOffer[] = [];
  private readonly discover = createDiscover();
  private readonly sent: number[] = [];
  private timer: NodeJS.Timeout | undefined;

  private constructor(
    private readonly socket: dgram.Socket,
    private readonly target: { readonly address: string; readonly port: number },
  ) {
    socket.on("message", (message) => {
      const offer = parseOffer(message, this.discover.transactionID);
      if (offer) {
        this.offers.push({ ...offer, at: Date.now() });
      }
    });
    // A send that fails is no discover; the time of the last good one tells.
    socket.on("error", () => undefined);
  }

  /**
   * Begins to ask.
   *
   * @throws The socket's error when the client port cannot be used (EACCES, EADDRINUSE).
   */
  static async open(
    link: OnLink,
    ports: { readonly client: number; readonly server: number } = dhcpPorts,
  ): Promise<DhcpWatch> {
    const socket = dgram.createSocket({ type: "udp4", reuseAddr: true });
    await new Promise<void>((resolve, reject) => {
      socket.once("error", reject);
      socket.bind(ports.client, "0.0.0.0", () => {
        socket.off("error", reject);
        resolve();
      });
    }).catch((error: unknown) => {
      socket.close();
      throw error;
    });
    socket.setBroadcast(true);
    const watch = new DhcpWatch(socket, { address: link.broadcast, port: ports.server });
    watch.ask();
    watch.timer = setInterval(() => watch.ask(), intervalMilliseconds);
    return watch;
  }

  /** Every offer since the beginning. */
  get heard(): readonly HeardOffer[] {
    return this.offers;
  }

  /** Times at which discovers were sent, oldest first (milliseconds since the epoch). */
  get asked(): readonly number[] {
    return this.sent;
  }

  close(): void {
    clearInterval(this.timer);
    this.socket.close();
  }

  private ask(): void {
    const at = Date.now();
    this.socket.send(this.discover.packet, this.target.port, this.target.address, (error) => {
      if (!error) {
        this.sent.push(at);
      }
    });
  }
}

/** What the discovers and offers so far say. */
export interface DhcpQuiet {
  /** Seconds for which discovers have been sent without an offer since the last one. */
  readonly quietSeconds: number;
  /** Seconds for which a discover that was sent after a moment has been without an answer; 0 while there is none. */
  readonly unansweredSeconds: number;
}

/** How quiet it is at `now`, and since a moment (both milliseconds since the epoch). Pure. */
export function dhcpQuiet(
  asked: readonly number[],
  heard: readonly HeardOffer[],
  moment: number,
  now: number,
): DhcpQuiet {
  const lastOffer = heard.at(-1)?.at ?? -Infinity;
  const secondsSince = (from: number) => {
    const first = asked.find((at) => at > lastOffer && at >= from);
    return first === undefined ? 0 : (now - first) / 1000;
  };
  return { quietSeconds: secondsSince(-Infinity), unansweredSeconds: secondsSince(moment) };
}
