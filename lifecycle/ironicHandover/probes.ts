import net from "node:net";
import os from "node:os";
import ipaddr from "ipaddr.js";

/** What became of a connection attempt. */
export type AddressAnswer =
  /** Somebody accepts connections. */
  | { readonly kind: "open" }
  /** Somebody holds the address, and has no service there. */
  | { readonly kind: "refused" }
  /** Nobody holds the address: not even the neighbour discovery was answered. */
  | { readonly kind: "nobody" }
  /** No answer at all, which a firewall gives too. */
  | { readonly kind: "timeout" };

/** Longer than the kernel asks for the address's owner (three times, a second apart) before it gives up. */
const connectSeconds = 8;

/**
 * Tries to connect. On a network that this machine is part of, the error tells an address without a service from one without
 * an owner, as an ARP probe would.
 */
export async function probeAddress(
  address: string,
  port: number,
  signal: AbortSignal,
): Promise<AddressAnswer> {
  return new Promise((resolve) => {
    const socket = net.connect({ host: address, port });
    const stopped = () => end({ kind: "timeout" });
    const end = (answer: AddressAnswer) => {
      signal.removeEventListener("abort", stopped);
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(connectSeconds * 1000, () => end({ kind: "timeout" }));
    socket.once("connect", () => end({ kind: "open" }));
    socket.once("error", (error: NodeJS.ErrnoException) => end({ kind: kindOfError(error.code) }));
    signal.addEventListener("abort", stopped);
  });
}

/** Errors by which the network says that nobody is there, or nothing; any other error was said by somebody at the address. */
const kindsByError: Readonly<Record<string, AddressAnswer["kind"]>> = {
  EHOSTUNREACH: "nobody",
  EHOSTDOWN: "nobody",
  ETIMEDOUT: "timeout",
  ENETUNREACH: "timeout",
};

function kindOfError(code: string | undefined): AddressAnswer["kind"] {
  return kindsByError[code ?? ""] ?? "refused";
}

/** The interface of this machine that is on the same network as an address. */
export interface OnLink {
  readonly name: string;
  readonly address: string;
  readonly broadcast: string;
}

/** Finds the interface that is on the network of an IPv4 address. */
export function onLinkInterface(
  address: string,
  interfaces: NodeJS.Dict<os.NetworkInterfaceInfo[]> = os.networkInterfaces(),
): OnLink | undefined {
  if (!ipaddr.IPv4.isValid(address)) {
    return undefined;
  }
  const wanted = ipaddr.IPv4.parse(address);
  for (const [name, addresses] of Object.entries(interfaces)) {
    for (const own of addresses ?? []) {
      if (own.family === "IPv4" && own.cidr && wanted.match(ipaddr.IPv4.parseCIDR(own.cidr))) {
        const broadcast = ipaddr.IPv4.broadcastAddressFromCIDR(own.cidr).toString();
        return { name, address: own.address, broadcast };
      }
    }
  }
  return undefined;
}
