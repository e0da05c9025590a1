import { spawn, type ChildProcessByStdio } from "node:child_process";
import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { execa } from "execa";
import type { MachineOrder } from "./machine";

/** Addresses that are kept for documentation: nobody has them. */
export const wireAddresses = {
  here: "198.51.100.1",
  endpoint: "198.51.100.2",
  node: "198.51.100.20",
  stranger: "198.51.100.77",
  broadcast: "198.51.100.255",
} as const;

/** Whether this process may make networks. */
export const mayMakeNetworks = process.getuid?.() === 0;

/** A cable between this machine and a machine in a network namespace of its own, which a test tells what to do. */
export class Wire {
  private orders = 0;
  private readonly waiting = new Map<number, (error?: string) => void>();

  private constructor(
    private readonly name: string,
    private readonly child: ChildProcessByStdio<Writable, Readable, null>,
  ) {
    createInterface({ input: child.stdout }).on("line", (line) => {
      const { id, error } = JSON.parse(line) as { id: number; error?: string };
      this.waiting.get(id)?.(error);
      this.waiting.delete(id);
    });
    child.once("exit", () => this.waiting.forEach((settle) => settle("the machine on the wire has ended")));
  }

  static async make(): Promise<Wire> {
    const name = `handover-${process.pid}`;
    const [near, far] = [`ho${process.pid}a`, `ho${process.pid}b`];
    await execa("ip", ["netns", "add", name]);
    await execa("ip", ["link", "add", near, "type", "veth", "peer", "name", far, "netns", name]);
    await execa("ip", ["address", "add", `${wireAddresses.here}/24`, "dev", near]);
    await execa("ip", ["link", "set", near, "up"]);
    const inside = ["netns", "exec", name, "ip"];
    await execa("ip", [...inside, "address", "add", `${wireAddresses.node}/24`, "dev", far]);
    await execa("ip", [...inside, "address", "add", `${wireAddresses.stranger}/32`, "dev", far]);
    await execa("ip", [...inside, "link", "set", "lo", "up"]);
    await execa("ip", [...inside, "link", "set", far, "up"]);
    const child = spawn(
      "ip",
      // prettier-ignore
      ["netns", "exec", name, process.execPath, "--import", "tsx", "tests/handover/machine.ts", far, wireAddresses.endpoint, wireAddresses.broadcast],
      { stdio: ["pipe", "pipe", "inherit"] },
    );
    return new Wire(name, child);
  }

  /** Tells the machine something, and waits until it is done. */
  async tell(order: Omit<MachineOrder, "id">): Promise<void> {
    const id = ++this.orders;
    const done = new Promise<void>((resolve, reject) => {
      this.waiting.set(id, (error) => (error === undefined ? resolve() : reject(new Error(error))));
    });
    this.child.stdin.write(`${JSON.stringify({ id, ...order })}\n`);
    return done;
  }

  /** Nobody is on the wire but the node itself. */
  async quiet(): Promise<void> {
    await this.tell({ api: null, dhcp: null, holds: false });
    await this.forget();
  }

  /** Makes this machine ask anew who has the endpoint, as it does when a node announces that it has taken it. */
  async forget(): Promise<void> {
    await execa("ip", ["neigh", "flush", "to", wireAddresses.endpoint]);
  }

  async remove(): Promise<void> {
    const ended = new Promise((resolve) => this.child.once("exit", resolve));
    this.child.stdin.end();
    await ended;
    // The cable's other end goes with it.
    await execa("ip", ["netns", "del", this.name]);
  }
}
