import dgram from "node:dgram";
import { isIP } from "node:net";
import { z } from "zod";
import { type Context, pause } from "../shared/context";
import { runTool } from "../shared/tools";
import type { OnLink } from "./probes";

/** Whoever is on the wire answers in milliseconds. */
const answerSeconds = 0.6;
const lookSeconds = 0.15;

const neighbourList = z.array(
  z.object({ lladdr: z.string().optional(), state: z.array(z.string()).default([]) }),
);

/**
 * Makes the kernel forget who had an address. What it remembers of the last owner would take ten seconds to be found wrong.
 * Needs the rights of root; without them nothing is forgotten.
 */
export async function forgetNeighbour(context: Context, address: string, { name }: OnLink): Promise<void> {
  await ip(context, ["neigh", "flush", "to", address, "dev", name]);
}

/** MAC address that has answered for an address just now; undefined when nobody did, or when the kernel is not sure. */
export async function knownNeighbour(
  context: Context,
  address: string,
  { name }: OnLink,
): Promise<string | undefined> {
  const entries = neighbourList.safeParse(
    parseJSON(await ip(context, ["-json", "neigh", "show", "to", address, "dev", name])),
  );
  return entries.data?.find(({ state }) => state.includes("REACHABLE"))?.lladdr;
}

/** Asks the wire who has an address (ARP or neighbour discovery, made by the kernel) and waits a moment for the answer. */
export async function askNeighbour(
  context: Context,
  address: string,
  link: OnLink,
): Promise<string | undefined> {
  await forgetNeighbour(context, address, link);
  const socket = dgram.createSocket(isIP(address) === 6 ? "udp6" : "udp4");
  // Nobody reads it: any packet makes the kernel ask.
  socket.on("error", () => undefined);
  try {
    socket.send(Buffer.alloc(1), discardPort, address);
    const until = Date.now() + answerSeconds * 1000;
    for (;;) {
      const owner = await knownNeighbour(context, address, link);
      if (owner !== undefined || Date.now() >= until) {
        return owner;
      }
      await pause(context, lookSeconds);
    }
  } finally {
    socket.close();
  }
}

const discardPort = 9;

/** Output of `ip`; empty when it fails or is not there. */
async function ip(context: Context, args: readonly string[]): Promise<string> {
  try {
    return (await runTool(context, "ip", args, { allowFailure: true, limitSeconds: 10 })).stdout;
  } catch {
    context.signal.throwIfAborted();
    return "";
  }
}

function parseJSON(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return [];
  }
}
