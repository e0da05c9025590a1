import { describe } from "vitest";
import type { Draft } from "./objects";
import { type Defect, itFinds } from "./planted";
import { one, type World } from "./world";

const hostOf = (world: World, name: string) => one(world.objects, "BareMetalHost", name);

const remove = (world: World, kind: string, name: string) =>
  world.objects.splice(world.objects.indexOf(one(world.objects, kind, name)), 1);

const annotate = (draft: Draft, annotations: Record<string, string>) =>
  (draft.metadata.annotations = { ...draft.metadata.annotations, ...annotations });

const defects: readonly Defect[] = [
  [
    "a host in provisioning",
    (world) => (hostOf(world, "host-2").status.provisioning = { state: "provisioning" }),
    /may settle.*BareMetalHost metal3\/host-2 is provisioning/,
  ],
  [
    "a host with an error",
    (world) =>
      Object.assign(hostOf(world, "host-2").status, {
        operationalStatus: "error",
        errorType: "power management error",
        errorMessage: "no answer",
      }),
    /may settle.*host-2 has a power management error: no answer/,
  ],
  [
    "a host that is being serviced",
    (world) => (hostOf(world, "host-0").status.operationalStatus = "servicing"),
    /may settle.*host-0 has the operational status "servicing"/,
  ],
  [
    "a host that is off and shall be on",
    (world) => (hostOf(world, "host-0").status.poweredOn = false),
    /^warning: .*host-0 was last seen off and shall be on/,
  ],
  [
    "a detached host",
    (world) => annotate(hostOf(world, "host-2"), { "baremetalhost.metal3.io/detached": "x" }),
    /^error: .*host-2 is detached/,
  ],
  [
    "a host in use that its user has paused",
    (world) => annotate(hostOf(world, "host-0"), { "baremetalhost.metal3.io/paused": "me" }),
    /^error: .*host-0 is paused by a user/,
  ],
  [
    "a host in use without the cluster's label",
    (world) => (hostOf(world, "host-0").metadata.labels = {}),
    /may settle.*host-0 lacks the label cluster.x-k8s.io\/cluster-name/,
  ],
  [
    "BMC credentials that nobody owns",
    (world) => delete one(world.objects, "Secret", "host-1-bmc").metadata.ownerReferences,
    /may settle.*host-1 its BMC credentials, Secret host-1-bmc, would stay behind/,
    /^warning: Secret metal3\/host-1-bmc is owned by nothing that moves/,
  ],
  [
    "a provisioned host without an image",
    (world) => {
      delete hostOf(world, "host-0").spec.image;
      hostOf(world, "host-0").status.provisioning = { state: "provisioned" };
    },
    /^error: .*host-0 is provisioned and names no image/,
  ],
  [
    "a host without a boot MAC address",
    (world) => delete hostOf(world, "host-2").spec.bootMACAddress,
    /^warning: .*host-2 has no boot MAC address/,
  ],
  [
    "a host without a status",
    (world) => delete hostOf(world, "host-2").status.lastUpdated,
    /may settle.*host-2 has no status to move/,
  ],
  [
    "a status that no annotation holds",
    (world) => (hostOf(world, "host-2").status.errorCount = "x".repeat(300_000)),
    /^error: .*host-2 its status does not fit/,
  ],
  [
    "a host without hardware data",
    (world) => remove(world, "HardwareData", "host-1"),
    /may settle.*host-1 has no HardwareData that moves/,
  ],
  [
    "a host whose inspection is disabled",
    (world) => {
      remove(world, "HardwareData", "host-1");
      annotate(hostOf(world, "host-1"), { "inspect.metal3.io": "disabled" });
    },
    /^warning: .*host-1 has no HardwareData, as its inspection is disabled/,
  ],
  [
    "a host that cannot be written",
    (world) =>
      world.sourceWrites.push({
        object: "BareMetalHost metal3/host-0",
        subject: { metadata: { name: "host-0" } },
        trouble: "unanswered",
        message: "failed calling webhook",
      }),
    /may settle.*host-0 on the source cannot be written \(no answer: failed calling webhook\)/,
  ],
];

describe("the gate and the hosts", () => {
  itFinds(defects);
});
