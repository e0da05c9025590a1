import { existsSync, mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { expect } from "vitest";
import { hosts as rackHosts, rack, url } from "../../../lab/control/addresses";
import { osImageName } from "../../../lab/images/os";
import { versions } from "../../../lab/images/versions";
import { earlierProvidersDir } from "../../../lab/setup/earlierProviders";
import { labDir, projectRoot } from "../../../lab/setup/paths";
import { ChangingStack, type Step } from "./changingStack";

/** Hosts of the rack: control plane, worker, spare, and one that is added later. */
export const hostCount = 4;
export const operatorNamespace = ["--namespace", "baremetal-operator-system"] as const;

/** Whether a cluster can begin with the earlier Kubernetes: `make upgrade-image` was run. */
export const canUpgrade = existsSync(join(labDir, "images", "os", osImageName(versions.earlierKubernetes)));

/** The stack whose cluster is changed. */
export const stack = new ChangingStack();
export const folder = mkdtempSync(join(tmpdir(), "changes-files-"));

export const image = (version: string) => {
  const file = `${url(rack.imageServer)}/${osImageName(version)}`;
  return { url: file, checksum: `${file}.sha256`, checksumType: "sha256", format: "raw" };
};

export const inventory = (count: number) =>
  rackHosts(hostCount)
    .slice(0, count)
    .map(({ name, redfishUrl, mac }) => ({
      name,
      bmcAddress: `redfish+${redfishUrl}`,
      bootMACAddress: mac,
    }));

/** Settings of the providers, from a repository that has the earlier ones too where they were made. */
export const earlierProviders = {
  certManager: versions.certManager,
  repository: canUpgrade ? relative(projectRoot, earlierProvidersDir) : ".toolchain/providers",
};

export const ops = (steps: readonly Step[], ...kinds: string[]) =>
  steps.filter(({ op }) => kinds.includes(op)).map(({ name }) => name);

/** A preview of what was configured, in which nothing is made anew in place of something else. */
export async function previewWithoutReplacement() {
  const preview = await stack.preview();
  expect(preview.exitCode, preview.text.slice(-6000)).toBe(0);
  expect(preview.steps.filter(({ op }) => /replace/.test(op))).toEqual([]);
  return preview;
}

export async function nodeOfPool(pool: string) {
  const [machine] = await stack.get("machines", "--selector", `cluster.x-k8s.io/deployment-name=lab-${pool}`);
  return stack.getOne("node", (machine?.status as { nodeRef: { name: string } }).nodeRef.name);
}

export async function ironicCredentials() {
  const secret = await stack.getOne("secret", "ironic-credentials", ...operatorNamespace);
  const decode = (key: string) => Buffer.from(secret.data?.[key] ?? "", "base64").toString();
  const certificate = await stack.getOne("secret", "ironic-cert", ...operatorNamespace);
  return {
    user: decode("username"),
    password: decode("password"),
    certificate: certificate.data?.["tls.crt"],
  };
}
