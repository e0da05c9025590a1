import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { execa } from "execa";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RequestCounter } from "../../../bench/requests/counter";
import { isKubernetesPath, parseRecords, roleOf, tally } from "../../../bench/requests/record";

describe("roleOf", () => {
  it.each([
    [["node", "/p/lifecycle/main.ts", "preflight"], "verb preflight"],
    [["node", "/p/node_modules/@pulumi/pulumi/cmd/run/run.js", "--monitor"], "program"],
    [["node", "/p/node_modules/@pulumi/pulumi/cmd/run"], "program"],
    [["node", "/h/plugins/resource-kubernetes-v4.34.2/main.cjs", "127.0.0.1:1"], "plugin kubernetes"],
    [["node", "/p/providers/kind/main.ts"], "plugin kind"],
    [["node", "/p/lab/plugins/command/main.ts"], "plugin command"],
    [["node", "/p/bench/main.ts"], "main.ts"],
    [["node"], ""],
  ])("of %j is %s", (argv, role) => expect(roleOf(argv)).toBe(role));
});

describe("isKubernetesPath", () => {
  it.each(["/api/v1", "/apis/apps/v1/deployments?limit=500", "/version", "/readyz", "/openapi/v3?x=1"])(
    "knows %s",
    (path) => expect(isKubernetesPath(path)).toBe(true),
  );
  it.each(["/v1/nodes", "/redfish/v1/Systems/1", "/v2/", "/apiary", "/"])("does not take %s", (path) =>
    expect(isKubernetesPath(path)).toBe(false),
  );
});

const record = (role: string, method: string, kubernetes: boolean) => ({
  role,
  server: "127.0.0.1:1",
  method,
  kubernetes,
});

describe("tally", () => {
  it("counts what concerns a Kubernetes API server", () => {
    const records = [
      record("program", "GET", true),
      record("program", "PATCH", true),
      record("verb preflight", "GET", false),
      record("plugin kubernetes", "GET", true),
    ];
    expect(tally(records)).toEqual({
      total: 3,
      byRole: { program: 2, "plugin kubernetes": 1 },
      byMethod: { GET: 2, PATCH: 1 },
      byServer: { "127.0.0.1:1": 3 },
    });
  });

  it("leaves out a line that a kill has cut off", () => {
    const whole = JSON.stringify(record("program", "GET", true));
    expect(parseRecords(`${whole}\n${whole.slice(0, 20)}`)).toEqual([record("program", "GET", true)]);
    expect(parseRecords("")).toEqual([]);
  });
});

/** Asks in each way in which this project asks; with `kill` it then ends itself as nobody expects. */
const asking = `
  const http = require("node:http");
  const { request, Agent } = require("undici");
  const base = process.argv[1];
  const plain = (path) => new Promise((done) => http.get(base + path, (answer) => answer.resume().on("end", done)));
  void (async () => {
    for (let i = 0; i < 3; i++) await plain("/api/v1/nodes");
    const dispatcher = new Agent();
    for (let i = 0; i < 4; i++) await (await request(base + "/apis/apps/v1", { dispatcher, method: "PATCH", body: "{}" })).body.text();
    await (await fetch(base + "/version")).text();
    await plain("/redfish/v1");
    await plain("/nobody").catch(() => undefined);
    if (process.argv[2] === "kill") process.kill(process.pid, "SIGKILL");
    await dispatcher.close();
  })();
`;

describe("RequestCounter", () => {
  let server: Server;
  let counter: RequestCounter;
  let seen = 0;
  beforeAll(async () => {
    server = createServer((request, response) => {
      if (isKubernetesPath(request.url ?? "")) seen++;
      response.end("{}");
    });
    await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
    counter = await RequestCounter.create();
  });
  afterAll(() => {
    server.close();
    counter.remove();
  });

  it.each(["end", "kill"])("counts all of a process that comes to its %s", async (how) => {
    seen = 0;
    const { port } = server.address() as AddressInfo;
    await execa("node", ["-e", asking, `http://127.0.0.1:${port}`, how], {
      env: counter.environment({}),
      reject: false,
    });
    const { total, byMethod, byServer } = counter.take();
    expect(total).toBe(seen);
    expect(byMethod).toEqual({ GET: 4, PATCH: 4 });
    expect(byServer).toEqual({ [`127.0.0.1:${port}`]: 8 });
    expect(counter.take().total).toBe(0);
  });
});
