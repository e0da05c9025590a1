/** The end of a move, as the target's Ironic sees it. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { types } from "../../lifecycle/shared/kube/types";
import { FakeIronic } from "./support/ironic";
import { PivotLab } from "./support/lab";
import { namespace } from "./support/objects";

/** ID of the hosts' nodes, as the test's operator keeps it. */
const id = "11111111-2222-3333-4444-555555555555";
const node = (state: string, rest = {}) => ({
  uuid: id,
  name: `${namespace}~host-0`,
  provision_state: state,
  ...rest,
});

let lab: PivotLab;
let ironic: FakeIronic;

beforeAll(async () => {
  [lab, ironic] = await Promise.all([PivotLab.start(), FakeIronic.start()]);
});

afterAll(async () => {
  await Promise.all([lab.stop(), ironic.stop()]);
});

async function begin(): Promise<void> {
  await lab.reset();
  ironic.nodes = [];
  lab.extras = {
    input: { ironicEndpoint: ironic.endpoint },
    secrets: { IRONIC_CREDENTIALS: ironic.credentials },
  };
}

describe("a move whose target has an Ironic", () => {
  it("is over when the operator has adopted the nodes, for which it is called", async () => {
    await begin();
    ironic.nodes = [node("manageable")];
    const asked = ironic.asked;
    const calls = new Map<string, number>();
    lab.writes.onWrite = ({ side, method, path }) => {
      // Ironic is asked when all else is done: whatever is written to a host from then on is a call for the operator.
      if (side === "target" && /\/baremetalhosts\//.test(path) && ironic.asked > asked) {
        const write = `${method} ${path.split("/").at(-1)}`;
        calls.set(write, (calls.get(write) ?? 0) + 1);
        // Both hosts have this node's ID. The operator may have taken up one of them later than the other.
        if (calls.has("PATCH host-0") && calls.has("PATCH host-1")) ironic.nodes = [node("active")];
      }
    };
    const run = await lab.pivot();
    expect(run.exitCode, run.output).toBe(0);
    // The spare host is in no need of a call. Each is a mark and its removal.
    expect([...calls.keys()].sort()).toEqual(["PATCH host-0", "PATCH host-1"]);
    for (const [write, times] of calls) expect(times % 2, write).toBe(0);
    expect(await lab.defects()).toEqual([]);
  });

  it("is not over while a node is in another state: the message has the node, its state and Ironic's error", async () => {
    await begin();
    ironic.nodes = [node("adopt failed", { last_error: "Cannot validate image information" })];
    const run = await lab.pivot({ limits: { verify: 25 } });
    expect(run.exitCode).toBe(1);
    expect(run.output).toContain(
      `BareMetalHost ${namespace}/host-0: node ${id} is "adopt failed" (Cannot validate image information) instead of "active"`,
    );
    // The objects are there; what is left is proved by the next run, which nobody but Ironic was waited for.
    ironic.nodes = [node("active")];
    const again = await lab.pivot();
    expect(again.output).toContain("state of the move: done");
    expect(again.exitCode, again.output).toBe(0);
    expect(await lab.defects()).toEqual([]);
  });

  it("is not asked for again once it was verified: neither other credentials nor a cleaned host matter", async () => {
    await begin();
    ironic.nodes = [node("active")];
    expect((await lab.pivot()).exitCode).toBe(0);
    const asked = ironic.asked;
    ironic.nodes = [node("cleaning")];
    expect((await lab.pivot()).exitCode).toBe(0);
    expect(ironic.asked).toBe(asked);
    const host = { ...types.bareMetalHost, namespace, name: "host-0" };
    expect((await lab.target.get(host)).metadata.annotations ?? {}).toEqual({});
  });
});
