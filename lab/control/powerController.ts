import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { hostLabel, hosts, labLabel } from "./addresses";
import { hostFiles, labFiles } from "./files";
import { HostPower } from "./hostPower";
import { bmcSystem } from "./powerRecord";
import { describe } from "./probe";
import { readRackFile } from "./rackFile";
import { readSystem } from "./redfish";

/**
 * The power controller: a process of the machine, one for a rack, that stands between the BMCs and the containers. The
 * BMC emulator announces every change by `PUT /`; the end of a host's container is heard from the engine. All it knows
 * is on disk, so it can be killed and started at any time. `GET /` answers with what it knows of all hosts.
 *
 * Usage: powerController.ts <folder of the lab>
 */

/** Seconds between two comparisons of all hosts with their containers, in case an event of the engine was missed. */
const sweepSeconds = 10;

/** Longest announcement that is read. */
const bodyLimitBytes = 1_000_000;

function log(line: string): void {
  process.stdout.write(`${new Date().toISOString()} ${line}\n`);
}

async function main(): Promise<void> {
  const root = process.argv[2];
  if (root === undefined) throw new Error("usage: powerController.ts <folder of the lab>");
  const files = labFiles(root);
  const { rack, hostCount } = readRackFile(files);
  const powers = hosts(hostCount, rack).map(
    (host) => new HostPower(rack, host, hostFiles(files, host.name), log),
  );

  const server = createServer((request, response) => {
    void serve(request, response, powers, rack.bmc.address);
  });
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(rack.powerController.port, rack.powerController.address, resolve);
  });
  mkdirSync(root, { recursive: true });
  writeFileSync(files.controllerPid, `${process.pid}\n`);
  log(`power controller of ${rack.name}, ${hostCount} hosts, process ${process.pid}`);
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    process.on(signal, () => {
      log(`${signal}, ending; the hosts stay as they are`);
      rmSync(files.controllerPid, { force: true });
      process.exit(0);
    });
  }

  await Promise.all(powers.map(restore));
  void followEngine(rack.name, powers);
  for (;;) {
    await sleep(sweepSeconds * 1000);
    await Promise.all(powers.map((power) => power.reconcile()));
  }
}

/** Brings record, BMC and container of a host together after a start. */
async function restore(power: HostPower): Promise<void> {
  const seen = power.announcements;
  try {
    const { powerState, bootDevice } = await readSystem(power.host);
    if (power.announcements === seen) {
      power.announce({ uuid: power.host.systemId, power_state: powerState, boot_device: bootDevice });
    }
  } catch (error) {
    log(`${power.host.name}: its BMC does not answer, going by the record: ${describe(error)}`);
  }
  await power.reconcile(true);
}

/** Looks at a host whenever its container ends. The stream is opened anew when it breaks. */
async function followEngine(rackName: string, powers: readonly HostPower[]): Promise<void> {
  for (;;) {
    const events = execa(
      // So that the child does not outlive a killed power controller.
      "setpriv",
      [
        ...["--pdeathsig=KILL", "docker", "events"],
        "--filter=type=container",
        "--filter=event=die",
        `--filter=label=${labLabel}=${rackName}`,
        `--filter=label=${hostLabel}`,
        `--format={{index .Actor.Attributes "${hostLabel}"}}`,
      ],
      { stdin: "ignore", reject: false, buffer: false },
    );
    for await (const name of createInterface({ input: events.stdout })) {
      void powers.find((power) => power.host.name === name)?.reconcile();
    }
    await events;
    log("the engine's event stream ended, opening it again");
    await sleep(1000);
  }
}

async function serve(
  request: IncomingMessage,
  response: ServerResponse,
  powers: readonly HostPower[],
  bmcAddress: string,
): Promise<void> {
  const answer = (status: number, body?: object): void => {
    response.writeHead(status, body === undefined ? {} : { "content-type": "application/json" });
    response.end(body === undefined ? undefined : `${JSON.stringify(body)}\n`);
  };
  try {
    if (request.method === "GET") {
      answer(200, Object.fromEntries(powers.map((power) => [power.host.name, power.state])));
      return;
    }
    if (request.method !== "PUT") {
      answer(405, { error: "GET or PUT" });
      return;
    }
    // Everybody on the provisioning network could switch hosts off otherwise.
    if (request.socket.remoteAddress?.replace("::ffff:", "") !== bmcAddress) {
      answer(403, { error: `only the BMCs at ${bmcAddress} announce changes` });
      return;
    }
    const system = bmcSystem.parse(JSON.parse(await body(request)));
    const power = powers.find(({ host }) => host.systemId === system.uuid);
    if (power === undefined) {
      answer(404, { error: `no host has the system id ${system.uuid}` });
      return;
    }
    power.announce(system);
    answer(204);
  } catch (error) {
    log(`announcement refused: ${describe(error)}`);
    answer(400, { error: describe(error) });
  }
}

async function body(request: IncomingMessage): Promise<string> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const part of request as AsyncIterable<Buffer>) {
    length += part.length;
    if (length > bodyLimitBytes) throw new Error("announcement too long");
    parts.push(part);
  }
  return Buffer.concat(parts).toString("utf8");
}

main().catch((error: unknown) => {
  log(`power controller failed: ${describe(error)}`);
  process.exit(1);
});
