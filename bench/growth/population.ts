import pMap from "p-map";
import type { KubeClient } from "../../lifecycle/shared/kube/client";
import type { KubeObject } from "../../lifecycle/shared/kube/objects";
import { clusterNameLabel, types } from "../../lifecycle/shared/kube/types";
import { deploymentNameLabel } from "../../manifests/names";
import { hostStatus } from "../../tests/pivot/support/members";
import { hostName, machinesOf } from "./inventory";

/** Writes at the same time. */
const concurrency = 12;

/** The cluster that the hosts belong to, as its objects name it. */
export interface PopulatedCluster {
  readonly namespace: string;
  readonly clusterName: string;
  readonly kubernetesVersion: string;
}

/** What an inspected server reports: the bulk of a host's status, a few kilobytes. */
const hardware = {
  cpu: {
    arch: "x86_64",
    model: "Intel(R) Xeon(R) Gold 6338N CPU @ 2.20GHz",
    count: 64,
    clockMegahertz: 3500,
    flags: Array.from({ length: 120 }, (_, index) => `flag_${index}`),
  },
  firmware: { bios: { vendor: "Dell Inc.", version: "1.10.2", date: "02/01/2026" } },
  ramMebibytes: 262_144,
  systemVendor: { manufacturer: "Dell Inc.", productName: "PowerEdge R650", serialNumber: "ABC1234" },
  nics: Array.from({ length: 6 }, (_, index) => ({
    name: `ens${index}f0`,
    mac: `0c:42:a1:00:00:0${index}`,
    ip: `172.22.1.${index}`,
    model: "0x8086 0x1593",
    speedGbps: 25,
    vlanId: 0,
    pxe: index === 0,
  })),
  storage: Array.from({ length: 8 }, (_, index) => ({
    name: `/dev/disk/by-path/pci-0000:18:00.0-scsi-0:2:${index}:0`,
    alternateNames: [`/dev/sd${index}`],
    model: "PERC H755 Front",
    serialNumber: `62cea7f04d75e0002b9a0a4d0${index}`,
    sizeBytes: 480_103_981_056,
    type: "SSD",
    vendor: "DELL",
    wwn: `0x62cea7f04d75e0002b9a0a4d0${index}`,
  })),
};

/**
 * Does what the operator and the controllers would have done by the end of a bring-up: every host is inspected, and the first ones
 * run the machines of {@link machinesOf}.
 *
 * @param client of the API server that holds the hosts' objects
 */
export async function populate(client: KubeClient, hosts: number, cluster: PopulatedCluster): Promise<void> {
  const { controlPlane, workers } = machinesOf(hosts);
  await pMap(
    Array.from({ length: hosts }, (_, index) => index),
    async (index) => {
      const used = index < controlPlane + workers;
      const ref = { ...types.bareMetalHost, namespace: cluster.namespace, name: hostName(index) };
      if (used) {
        const machine = await makeMachine(client, index, index < controlPlane, cluster);
        const consumerRef = { ...types.metal3Machine, namespace: cluster.namespace, name: machine };
        await client.patch(ref, "merge", { spec: { consumerRef } });
      }
      const status = { ...hostStatus(used), hardware };
      await client.patch(ref, "merge", { status }, { subresource: "status" });
    },
    { concurrency },
  );
}

/** A Machine that runs and its Metal3Machine; their name. */
async function makeMachine(
  client: KubeClient,
  index: number,
  controlPlane: boolean,
  { namespace, clusterName, kubernetesVersion }: PopulatedCluster,
): Promise<string> {
  const name = `${clusterName}-machine-${index}`;
  const role: Record<string, string> = controlPlane
    ? { "cluster.x-k8s.io/control-plane": "" }
    : { [deploymentNameLabel]: `${clusterName}-workers` };
  const metadata = { name, namespace, labels: { [clusterNameLabel]: clusterName, ...role } };
  const image = { url: "http://images.example/os.raw", checksum: "http://images.example/os.raw.sha256" };
  const machine: KubeObject = {
    ...types.machine,
    metadata,
    spec: {
      clusterName,
      version: kubernetesVersion,
      bootstrap: { dataSecretName: `${name}-data` },
      infrastructureRef: { apiGroup: "infrastructure.cluster.x-k8s.io", kind: "Metal3Machine", name },
    },
  };
  await client.create(machine);
  const status = { phase: "Running", nodeRef: { name: `node-${index}` } };
  await client.patch({ ...types.machine, namespace, name }, "merge", { status }, { subresource: "status" });
  await client.create({
    ...types.metal3Machine,
    metadata: { ...metadata, annotations: { "metal3.io/BareMetalHost": `${namespace}/${hostName(index)}` } },
    spec: { image, providerID: `metal3://${namespace}/${hostName(index)}/${name}` },
  });
  return name;
}
