import * as pulumi from "@pulumi/pulumi";
import { describe, expect, it } from "vitest";
import { parseClusterConfig } from "../../../config/parse";
import { bareMetalHost, bmcSecret } from "../../../manifests/bareMetalHost";
import { minimalConfig } from "../config/userConfig";

const host = {
  ...parseClusterConfig(minimalConfig()).hosts[0],
  labels: { rack: "a" },
  rootDeviceHints: { deviceName: "/dev/sda" },
};

describe("a host of the inventory", () => {
  it("becomes a BareMetalHost that boots and is cleaned", () => {
    expect(bareMetalHost(host, "metal3")).toEqual({
      apiVersion: "metal3.io/v1alpha1",
      kind: "BareMetalHost",
      metadata: {
        name: "host-1",
        namespace: "metal3",
        labels: { rack: "a" },
        annotations: { "metal3.io/boot-mac-address": "52:54:00:00:00:01" },
      },
      spec: {
        online: true,
        bootMACAddress: "52:54:00:00:00:01",
        bootMode: "UEFI",
        bmc: {
          address: "redfish://10.20.0.1/redfish/v1/Systems/1",
          credentialsName: "host-1-bmc",
        },
        automatedCleaningMode: "metadata",
        rootDeviceHints: { deviceName: "/dev/sda" },
      },
    });
  });

  it("has no field that the operator would drop: it would read as drift", () => {
    const plain = { ...host, labels: {}, rootDeviceHints: undefined };
    const { metadata, spec } = bareMetalHost(plain, "metal3") as unknown as {
      metadata: object;
      spec: { bmc: object };
    };
    expect(metadata).not.toHaveProperty("labels");
    expect(spec.bmc).not.toHaveProperty("disableCertificateVerification");
    const lenient = bareMetalHost({ ...plain, disableCertificateVerification: true }, "metal3");
    expect(lenient.spec).toMatchObject({ bmc: { disableCertificateVerification: true } });
  });

  it("has a Secret of the name that it refers to, whose data stay secret", async () => {
    const credentials = pulumi.output({ username: "root", password: "pässword" });
    const secret = bmcSecret(host, "metal3", credentials);
    expect(secret.metadata).toEqual({ name: "host-1-bmc", namespace: "metal3" });
    const { password } = secret.data as Record<string, pulumi.Output<string>>;
    const value = await new Promise((resolve) => password.apply(resolve));
    expect(Buffer.from(String(value), "base64").toString("utf8")).toBe("pässword");
    expect(await (password as unknown as { isSecret: Promise<boolean> }).isSecret).toBe(true);
  });
});
