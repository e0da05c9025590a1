import { randomBytes, randomInt } from "node:crypto";

/** The part of a DHCP reply that matters. */
export interface DhcpOffer {
  /** Address that was offered. */
  readonly address: string;
  /** Who offered it. */
  readonly server: string;
  /** Where the client would fetch its boot program: an Ironic stack names its endpoint address. "0.0.0.0" when not said. */
  readonly nextServer: string;
}

const magicCookie = [99, 130, 83, 99];
const option = { messageType: 53, serverIdentifier: 54, vendorClass: 60, parameters: 55, end: 255 } as const;
const messageType = { discover: 1, offer: 2 } as const;
/** Asks for an answer by broadcast, because the probe has no address to be answered at. */
const broadcastFlag = 0x8000;

/** A discover of a NIC that does not exist. @see RFC 2131 */
export interface Discover {
  readonly transactionID: number;
  readonly packet: Buffer;
}

/** Makes a discover. The MAC is random and locally administered, so that no reservation is met. */
export function createDiscover(): Discover {
  const transactionID = randomInt(0xffffffff);
  const mac = Buffer.concat([Buffer.from([0x02]), randomBytes(5)]);
  const packet = Buffer.alloc(300);
  packet.writeUInt8(1, 0); // request
  packet.writeUInt8(1, 1); // Ethernet
  packet.writeUInt8(mac.length, 2);
  packet.writeUInt32BE(transactionID, 4);
  packet.writeUInt16BE(broadcastFlag, 10);
  mac.copy(packet, 28);
  Buffer.from([
    ...magicCookie,
    option.messageType,
    1,
    messageType.discover,
    option.vendorClass,
    9,
    ...Buffer.from("PXEClient"),
    option.parameters,
    3,
    1,
    3,
    6,
    option.end,
  ]).copy(packet, 236);
  return { transactionID, packet };
}

/** Reads an offer to a discover; undefined for anything else. */
export function parseOffer(packet: Buffer, transactionID: number): DhcpOffer | undefined {
  if (packet.length < 241 || packet.readUInt8(0) !== 2 || packet.readUInt32BE(4) !== transactionID) {
    return undefined;
  }
  const options = readOptions(packet.subarray(240));
  if (options.get(option.messageType)?.[0] !== messageType.offer) {
    return undefined;
  }
  const nextServer = packet.subarray(20, 24);
  const server = options.get(option.serverIdentifier) ?? nextServer;
  return {
    address: dotted(packet.subarray(16, 20)),
    server: dotted(server),
    nextServer: dotted(nextServer),
  };
}

function readOptions(bytes: Buffer): Map<number, Buffer> {
  const options = new Map<number, Buffer>();
  let at = 0;
  while (at + 1 < bytes.length && bytes[at] !== option.end) {
    if (bytes[at] === 0) {
      at++;
      continue;
    }
    const length = bytes[at + 1] ?? 0;
    options.set(bytes[at] ?? 0, bytes.subarray(at + 2, at + 2 + length));
    at += 2 + length;
  }
  return options;
}

function dotted(address: Buffer): string {
  return [...address].join(".");
}
