import { describe, expect, it } from "vitest";
import { ErrorWatch, failureLayer, hostLine, isUsable, viewHost } from "../../../lifecycle/hosts/hostState";
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

describe("messages", () => {
  it("shows state, error and attempt", () => {
    expect(hostLine(refused(2), "host-0")).toBe(
      "host-0 registering, registration error (attempt 2): HTTP 401",
    );
    expect(hostLine(undefined, "host-9")).toBe("host-9 absent");
    expect(hostLine(host("inspecting"), "host-0")).toBe("host-0 inspecting");
  });
  it.each([
    ["registration error", "BMC"],
    ["inspection error", "network boot and inspection"],
    ["provisioning error", "writing the image"],
    ["something new", "host"],
  ])("%s is of layer %s", (type, layer) => {
    expect(failureLayer(host("x", { type, message: "", count: 1 })).layer).toBe(layer);
  });
});
