import { existsSync } from "node:fs";
import { createServer as createHttpServer, type Server } from "node:http";
import { type AddressInfo, createServer, type Server as TcpServer } from "node:net";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { EmptyStack } from "./stack";

/**
 * A machine that is not ready, made on the loopback network: no container engine, a BMC that refuses one host, no image
 * server, somebody at the API endpoint's port.
 */
describe("an environment with problems", () => {
  const endpoint = "127.0.0.10";
  let bmcs: Server;
  let squatter: TcpServer;
  let stack: EmptyStack;
  let output: string;
  let exitCode: number | undefined;

  beforeAll(async () => {
    bmcs = createHttpServer((request, response) => {
      response.writeHead(request.url?.endsWith("/Systems/1") ? 401 : 200, {
        "content-type": "application/json",
      });
      response.end("{}");
    });
    squatter = createServer((socket) => socket.destroy());
    const [bmcPort, squattedPort] = await Promise.all([
      listen(bmcs, "127.0.0.1"),
      listen(squatter, endpoint),
    ]);
    const closedPort = await freePort();
    stack = new EmptyStack({
      controlPlane: { endpoint: { host: endpoint, port: squattedPort }, schedulable: true },
      network: {
        cidr: "127.0.0.0/24",
        gateway: "127.0.0.1",
        ironicIP: "127.0.0.2",
        dhcpRange: { start: "127.0.0.100", end: "127.0.0.149" },
        nodeRange: { start: "127.0.0.20", end: "127.0.0.49" },
      },
      hosts: [0, 1, 2].map((number) => ({
        name: `host-${number}`,
        bmcAddress: `redfish+http://127.0.0.1:${number === 2 ? closedPort : bmcPort}/redfish/v1/Systems/${number}`,
        bootMACAddress: `52:54:00:22:00:0${number}`,
      })),
      image: {
        url: `http://127.0.0.1:${closedPort}/host.raw`,
        checksum: "a".repeat(64),
        checksumType: "sha256",
        format: "raw",
      },
      registryMirrors: undefined,
    });
    await stack.init();
    ({ exitCode, all: output } = await stack.up());
  });

  afterAll(() => {
    bmcs.close();
    squatter.close();
    stack.remove();
  });

  it("is refused with every problem at once, its property and a remedy", () => {
    expect(exitCode, output).not.toBe(0);
    const findings = output.split("\n").filter((line) => line.includes("; remedy: "));
    for (const [path, problem] of [
      ["bootstrap (docker)", /container engine cannot be used/],
      ["network.ironicIP (127.0.0.2:6385)", /address is in use/],
      [`controlPlane.endpoint (${endpoint}:`, /port is in use/],
      ["image.url (", /does not answer/],
      ["bmcCredentials.host-1 (host-1: ", /BMC refuses the user name and password of "admin" \(HTTP 401\)/],
      ["hosts[2].bmcAddress (host-2: ", /BMC does not answer/],
    ] as const) {
      const line = findings.find((finding) => finding.includes(path));
      expect(line, `${path} in\n${output}`).toMatch(problem);
    }
    expect(output).toContain("nothing was created or changed");
    expect(output).not.toContain("host-0: redfish");
  });

  it("has made nothing", async () => {
    const made = (await stack.stateTypes()).filter(
      (type) => !/^(pulumi:pulumi:Stack|pulumi:providers:.*|metal3:index:\w+)$/.test(type),
    );
    expect(made).toEqual([]);
    expect(existsSync(stack.stateFolder)).toBe(false);
  });

  it("gives no password away", () => {
    expect(output).not.toContain("bmc-secret");
  });
});

async function listen(server: Server | TcpServer, address: string): Promise<number> {
  await new Promise<void>((resolve, reject) => {
    server.once("error", reject);
    server.listen(0, address, resolve);
  });
  return (server.address() as AddressInfo).port;
}

/** A port of the loopback address on which nobody listens. */
async function freePort(): Promise<number> {
  const server = createServer();
  const port = await listen(server, "127.0.0.1");
  await new Promise((resolve) => server.close(resolve));
  return port;
}
