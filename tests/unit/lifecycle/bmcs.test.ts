import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { preflightInput } from "../../../lifecycle/inputs/preflight";
import { checkBmcs } from "../../../lifecycle/preflight/bmc";
import { createContext } from "../../../lifecycle/shared/context";

/** Bytes that Linux takes as one variable of a program that is started. */
const longestVariable = 128 * 1024;

let server: Server;
let asked: string[];
beforeEach(async () => {
  asked = [];
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    const good = request.headers.authorization === `Basic ${Buffer.from("admin:right").toString("base64")}`;
    response.writeHead(good ? 200 : 401).end("{}");
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
afterEach(() => server.close());

function settings(count: number) {
  const { port } = server.address() as AddressInfo;
  return preflightInput.parse({
    stack: "dev",
    network: { name: "provisioning", cidr: "172.22.0.0/24" },
    kindName: "bootstrap",
    freeAddresses: [],
    versions: { certManager: "v1.19.1", clusterApi: "v1.13.2", metal3: "v1.13.2", ipam: "v1.13.2" },
    image: { url: "http://127.0.0.1/image", checksum: "http://127.0.0.1/sum" },
    hosts: Array.from({ length: count }, (_, index) => ({
      name: `rack-1-host-${index}`,
      bmcAddress: `redfish+http://127.0.0.1:${port}/redfish/v1/Systems/${index}`,
    })),
  });
}

/** A check with one password for every host; `previous` is what the last one has kept. */
async function check(input: ReturnType<typeof settings>, previous?: object, password = "right") {
  const logins = input.hosts.map(({ name }) => [name, { username: "admin", password }] as const);
  const context = createContext({
    verb: "preflight",
    signal: new AbortController().signal,
    limitSeconds: 60,
    secrets: { BMC_CREDENTIALS: JSON.stringify(Object.fromEntries(logins)) },
    previousResult: previous && JSON.stringify({ checks: [], bmcs: previous }),
    sink: () => undefined,
  });
  return checkBmcs(context, input);
}

describe("the BMCs in the check of the environment", () => {
  it("are asked once, as long as address and login are the same", async () => {
    const input = settings(3);
    const first = await check(input);
    expect(first.findings).toEqual([]);
    expect(asked).toHaveLength(3);
    const second = await check(input, first.good);
    expect(second).toEqual(first);
    expect(asked).toHaveLength(3);
  });

  it("are asked again when their login changes, and only those that are new", async () => {
    const { good } = await check(settings(3));
    asked = [];
    const { findings, good: left } = await check(settings(3), good, "wrong");
    expect(findings).toHaveLength(3);
    expect(JSON.stringify(findings)).not.toContain("wrong");
    expect(left.fingerprints).toEqual([]);
    asked = [];
    const more = await check(settings(4), good);
    expect(asked).toEqual(["/redfish/v1/Systems/3"]);
    expect(more.good.fingerprints.slice(0, 3)).toEqual(good.fingerprints);
  });

  it("are asked again when what was kept cannot be read", async () => {
    const { good } = await check(settings(1));
    await check(settings(1), { [good.salt]: "something else" });
    expect(asked).toHaveLength(2);
  });

  it("of thousands of hosts are remembered in half of what a variable can hold", async () => {
    const { good } = await check(settings(200));
    expect(new Set(good.fingerprints).size).toBe(200);
    const bytesOfHost = JSON.stringify(good).length / 200;
    expect(bytesOfHost * 3000).toBeLessThan(longestVariable / 2);
  });
});
