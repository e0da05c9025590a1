import { expect, it } from "vitest";
import { hosts as rackHosts } from "../../../lab/control/addresses";
import { readSystem } from "../../../lab/control/redfish";
import { hostCount, stack } from "./support";

/** How it ends. */
export function release(): void {
  it("refuses to release a host that is paused, and then nothing has left the state", async () => {
    const states = await stack.hostStates();
    const pause = "baremetalhost.metal3.io/paused";
    await stack.kubectl("annotate", "baremetalhost", "host-2", `${pause}=maintenance`);
    const said = await stack.refusedDestroy();
    expect(said).toContain("the machines of lab cannot be released: 1 of their objects");
    expect(said).toContain(`BareMetalHost metal3/host-2 has the annotation ${pause}`);
    expect(said).not.toMatch(/kind: |creating release/);
    await stack.kubectl("annotate", "baremetalhost", "host-2", `${pause}-`);
    expect(await stack.hostStates()).toEqual(states);
    await stack.expectSettled("refused destroy");
  });

  it("releases every host in the end", async () => {
    await stack.destroy();
    for (const host of rackHosts(hostCount))
      expect((await readSystem(host)).powerState, host.name).toBe("Off");
  });
}
