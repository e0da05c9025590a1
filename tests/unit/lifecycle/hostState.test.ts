import { describe, expect, it } from "vitest";
import { ErrorWatch } from "../../../lifecycle/hosts/errorWatch";
import { failureLayer } from "../../../lifecycle/hosts/failureLayer";
import { hostLine, hostLines, hostNames, isUsable, viewHost } from "../../../lifecycle/hosts/hostState";
import { recoveryOf } from "../../../lifecycle/hosts/recovery";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";

function host(
  state: string,
  error?: { readonly type: string; readonly message: string; readonly count: number },
) {
  const object: KubeObject = {
    apiVersion: "metal3.io/v1alpha1",
    kind: "BareMetalHost",
    metadata: { name: "host-0", namespace: "metal3" },
    status: {
      provisioning: { state },
      operationalStatus: error ? "error" : "OK",
      errorType: error?.type,
      errorMessage: error?.message ?? "",
      errorCount: error?.count ?? 0,
      poweredOn: true,
    },
  };
  return viewHost(object);
}

const refused = (count: number) =>
  host("registering", { type: "registration error", message: "HTTP 401", count });

describe("isUsable", () => {
  it.each(["available", "provisioning", "provisioned", "externally provisioned"])("accepts %s", (state) => {
    expect(isUsable(host(state))).toBe(true);
  });
  it.each(["", "registering", "inspecting", "preparing", "deprovisioning"])("waits for %s", (state) => {
    expect(isUsable(host(state))).toBe(false);
  });
  it("does not accept an error", () => {
    expect(isUsable(host("available", { type: "power management error", message: "x", count: 1 }))).toBe(
      false,
    );
  });
});

describe("ErrorWatch", () => {
  const patience = { attempts: 2, seconds: 60 };

  it("lets the operator retry, and stops after as many attempts as allowed", () => {
    const watch = new ErrorWatch(patience);
    expect(watch.observe(host("registering"), 0)).toBe(false);
    expect(watch.observe(refused(1), 1000)).toBe(false);
    expect(watch.observe(refused(2), 2000)).toBe(true);
  });

  it("stops at an error that lasts", () => {
    const watch = new ErrorWatch(patience);
    expect(watch.observe(refused(1), 0)).toBe(false);
    expect(watch.observe(refused(1), 59_999)).toBe(false);
    expect(watch.observe(refused(1), 60_000)).toBe(true);
  });

  it("starts over when an error went away", () => {
    const watch = new ErrorWatch(patience);
    watch.observe(host("registering"), 0);
    watch.observe(refused(1), 0);
    watch.observe(host("inspecting"), 50_000);
    expect(watch.observe(refused(1), 55_000)).toBe(false);
    expect(watch.observe(refused(1), 70_000)).toBe(false);
  });

  it("does not count what had failed before it looked for the first time", () => {
    const watch = new ErrorWatch(patience);
    expect(watch.observe(refused(7), 0)).toBe(false);
    expect(watch.observe(refused(8), 1000)).toBe(false);
    expect(watch.observe(refused(9), 2000)).toBe(true);
  });
});

describe("ErrorWatch, where the operator cleans the host between two attempts", () => {
  const patience = { attempts: 2, seconds: 150 };
  const failed = (message: string) => host("provisioning", { type: "provisioning error", message, count: 1 });

  it("counts the attempts of deployments, though the operator counts anew", () => {
    const watch = new ErrorWatch(patience);
    expect(watch.observe(host("provisioning"), 0)).toBe(false);
    expect(watch.observe(failed("connection refused"), 10_000)).toBe(false);
    expect(watch.observe(host("deprovisioning"), 90_000)).toBe(false);
    expect(watch.observe(host("available"), 120_000)).toBe(false);
    expect(watch.observe(host("provisioning"), 125_000)).toBe(false);
    expect(watch.observe(failed("connection refused"), 140_000)).toBe(true);
  });

  it("forgives a deployment that succeeded", () => {
    const watch = new ErrorWatch(patience);
    watch.observe(host("provisioning"), 0);
    watch.observe(failed("connection refused"), 10_000);
    watch.observe(host("provisioned"), 100_000);
    expect(watch.observe(failed("connection refused"), 200_000)).toBe(false);
  });

  it("takes a wrong checksum as final at once, unless it is from before", () => {
    const message = "Image failed to verify against checksum. location: /disk";
    const watch = new ErrorWatch(patience);
    watch.observe(host("provisioning"), 0);
    expect(watch.observe(failed(message), 1000)).toBe(true);
    const later = new ErrorWatch(patience);
    expect(later.observe(failed(message), 0)).toBe(false);
    expect(later.observe(host("deprovisioning"), 1000)).toBe(false);
    expect(later.observe(failed(message), 60_000)).toBe(true);
  });

  it("counts errors that the operator takes away for a moment in a state that they do not belong to", () => {
    const watch = new ErrorWatch(patience);
    const powerless = (count: number) =>
      host("available", { type: "power management error", message: "timeout", count });
    watch.observe(host("available"), 0);
    expect(watch.observe(powerless(1), 1000)).toBe(false);
    watch.observe({ ...host("available"), errorCount: 1 }, 2000);
    expect(watch.observe(powerless(2), 3000)).toBe(true);
  });
});

describe("recoveryOf", () => {
  const inspecting = { ...host("inspecting"), stateSince: "2026-01-01T10:00:00Z" };

  it("retries errors", () => {
    expect(recoveryOf(refused(5))).toBe("retry");
  });

  it("restarts what an earlier run gave up on, and that is at it still", () => {
    expect(recoveryOf({ ...inspecting, gaveUpAt: "2026-01-01T10:00:00.500Z" })).toBe("restart");
  });

  it("leaves alone what was begun since, and what nobody gave up on", () => {
    expect(recoveryOf({ ...inspecting, gaveUpAt: "2026-01-01T09:00:00.000Z" })).toBe("nothing");
    expect(recoveryOf(inspecting)).toBe("nothing");
  });

  it.each(["provisioning", "provisioned", "externally provisioned", "available", "preparing"])(
    "never restarts a host that is %s",
    (state) => {
      expect(recoveryOf({ ...host(state), gaveUpAt: "2026-01-01T11:00:00.000Z" })).toBe("nothing");
    },
  );

  it("leaves a host alone that is going", () => {
    expect(recoveryOf({ ...refused(1), deleting: true })).toBe("nothing");
  });
});

describe("messages", () => {
  it("shows state, error and attempt", () => {
    expect(hostLine(refused(2), "host-0")).toBe(
      "host-0 registering, registration error (attempt 2): HTTP 401",
    );
    expect(hostLine(undefined, "host-9")).toBe("host-9 absent");
    const long = host("registering", { type: "registration error", message: "x\ny".repeat(300), count: 1 });
    expect(hostLine(long, "host-0")).toMatch(/^host-0 registering, registration error.{100,180}\.\.\.$/);
    expect(hostLine(host("inspecting"), "host-0")).toBe("host-0 inspecting");
  });
  it.each([
    ["registration error", "HTTP GET /redfish/v1/Systems/1 returned code 401", "BMC login"],
    ["registration error", "Access denied: Authorization error", "BMC login"],
    ["registration error", "Unable to connect to http://10.0.0.5:8000/", "BMC"],
    ["inspection error", "timeout reached while inspecting the node", "network boot and inspection"],
    ["provisioning error", "Image failed to verify against checksum", "image checksum"],
    ["provisioning error", "HTTP 404 for the image", "writing the image"],
    ["something new", "x", "host"],
  ])("%s with %j is of layer %s", (type, message, layer) => {
    expect(failureLayer(host("x", { type, message, count: 1 })).layer).toBe(layer);
  });
  it.each([
    ["", "BMC"],
    ["inspecting", "network boot and inspection"],
    ["provisioning", "network boot or writing the image"],
    ["provisioned", "operating system, cloud-init and kubeadm"],
  ])("a host that hangs in state %j is of layer %s", (state, layer) => {
    expect(failureLayer(host(state)).layer).toBe(layer);
  });
});

describe("many hosts in a progress line", () => {
  const names = Array.from({ length: 1000 }, (_, index) => `host-${index}`);
  const views = new Map(
    names.slice(0, 990).map((name, index) => [
      name,
      viewHost({
        metadata: { name },
        status: { provisioning: { state: index < 980 ? "available" : "inspecting" } },
      }),
    ]),
  );

  it("are counted, and those that are waited for are named as far as there is room", () => {
    const line = hostLines(names, views);
    expect(line).toMatch(/^980 of 1000 are available \| host-980 inspecting \| /);
    expect(line).toMatch(/ \| host-990 absent \| host-991 absent \| and 8 more$/);
    expect(hostNames(names)).toBe("1000 hosts");
  });

  it("are all named when they are few", () => {
    const few = ["host-0", "host-985", "host-999"];
    expect(hostLines(few, views)).toBe("host-0 available | host-985 inspecting | host-999 absent");
    expect(hostNames(few)).toBe("hosts host-0, host-985, host-999");
  });
});
