/** A machine on the test's wire: run inside a network namespace, it does what lines of JSON on its stdin tell it. */
import { spawnSync } from "node:child_process";
import dgram from "node:dgram";
import https from "node:https";
import { createInterface } from "node:readline";
import type { Duplex } from "node:stream";

/** What the machine is told; a missing field leaves things as they are. */
export interface MachineOrder {
  readonly id: number;
  /** MAC address of its NIC. */
  readonly mac?: string;
  /** Whether it holds the endpoint address. */
  readonly holds?: boolean;
  /** Serves the API with this certificate and login; null ends it. */
  readonly api?: { readonly cert: string; readonly key: string; readonly login: string } | null;
  /** Answers DHCP under this name; null ends it. */
  readonly dhcp?: { readonly server: string; readonly nextServer: string; readonly address: string } | null;
}

const [nic = "", endpoint = "", broadcast = "", apiPort = "6385"] = process.argv.slice(2);
let api: https.Server | undefined;
let dhcp: dgram.Socket | undefined;
/** Those to the API. */
const connections = new Set<Duplex>();

function ip(...args: string[]): void {
  const { status, stderr } = spawnSync("ip", args, { encoding: "utf8" });
  // What is there already, or is gone already, is as wanted.
  if (status !== 0 && !/File exists|already assigned|Cannot assign|Address not found/.test(stderr)) {
    throw new Error(`ip ${args.join(" ")}: ${stderr}`);
  }
}

async function obey({ mac, holds, api: serve, dhcp: answer }: MachineOrder): Promise<void> {
  if (mac !== undefined) {
    ip("link", "set", "dev", nic, "address", mac);
  }
  if (holds !== undefined) {
    ip("address", holds ? "add" : "del", `${endpoint}/32`, "dev", nic);
  }
  if (serve !== undefined) {
    if (api) await end(api);
    api = undefined;
  }
  if (serve) {
    const wanted = `Basic ${Buffer.from(serve.login).toString("base64")}`;
    api = https.createServer({ cert: serve.cert, key: serve.key }, (request, response) => {
      const known = request.headers.authorization === wanted;
      response.writeHead(known ? 200 : 401, { "content-type": "application/json" });
      response.end(known ? '{"nodes": []}' : "{}");
    });
    api.on("connection", (connection) => {
      connections.add(connection);
      connection.once("close", () => connections.delete(connection));
    });
    await new Promise<void>((resolve) => api?.listen(Number(apiPort), "0.0.0.0", resolve));
  }
  if (answer !== undefined) {
    await new Promise<void>((resolve) => (dhcp ? dhcp.close(() => resolve()) : resolve()));
    dhcp = undefined;
  }
  if (answer) {
    const socket = dgram.createSocket({ type: "udp4", reuseAddr: true });
    dhcp = socket;
    socket.on("message", (packet) => socket.send(offerTo(packet, answer), 68, broadcast));
    await new Promise<void>((resolve) => {
      socket.bind(67, "0.0.0.0", () => {
        socket.setBroadcast(true);
        resolve();
      });
    });
  }
}

/** Ends the API as a process that is killed does: connections go at once, also those whose handshake is not through. */
async function end(server: https.Server): Promise<void> {
  const closed = new Promise((resolve) => server.close(resolve));
  connections.forEach((connection) => connection.destroy());
  await closed;
}

function offerTo(
  discover: Buffer,
  { server, nextServer, address }: NonNullable<MachineOrder["dhcp"]>,
): Buffer {
  const packet = Buffer.alloc(260);
  discover.copy(packet, 0, 0, 44);
  packet.writeUInt8(2, 0);
  bytes(address).copy(packet, 16);
  bytes(nextServer).copy(packet, 20);
  Buffer.from([99, 130, 83, 99, 53, 1, 2, 54, 4, ...bytes(server), 255]).copy(packet, 236);
  return packet;
}

function bytes(address: string): Buffer {
  return Buffer.from(address.split(".").map(Number));
}

createInterface({ input: process.stdin })
  .on("line", (line) => {
    const order = JSON.parse(line) as MachineOrder;
    obey(order).then(
      () => process.stdout.write(`${JSON.stringify({ id: order.id })}\n`),
      (error: unknown) => process.stdout.write(`${JSON.stringify({ id: order.id, error: String(error) })}\n`),
    );
  })
  .on("close", () => process.exit(0));
