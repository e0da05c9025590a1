import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compareRestored, countLines } from "../../../lifecycle/backup/restore/compare";
import { type Destination, obstacles } from "../../../lifecycle/backup/restore/inspect";
import { creationGroups } from "../../../lifecycle/backup/restore/order";
import { remapOwners } from "../../../lifecycle/backup/restore/owners";
import { atRest, keysOf, statusAtRest } from "../../../lifecycle/backup/restore/prepare";
import { notTakenOver } from "../../../lifecycle/backup/restore/release";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";
import { cluster, content, machine, object, secret, spareHost, usedHost } from "./samples";

const all = keysOf(content().objects);
const paused = "baremetalhost.metal3.io/paused";
const status = "baremetalhost.metal3.io/status";

/** Objects whose owners are any of the others, cycles and owners that are not there included. */
const graphs = fc
  .array(fc.array(fc.nat(9), { maxLength: 3 }), { minLength: 1, maxLength: 9 })
  .map((owners) => {
    const bare = owners.map((_, index) => object("v1", "ConfigMap", `o${index}`));
    const stranger = object("v1", "ConfigMap", "stranger");
    return owners.map((of, index) =>
      object(
        "v1",
        "ConfigMap",
        `o${index}`,
        [...new Set(of)].map((at) => bare[at] ?? stranger),
      ),
    );
  });

/** Creates a graph as a restore does, on a cluster that gives identities of its own. */
function create(objects: readonly KubeObject[]): KubeObject[] {
  const archived = new Set(objects.map(({ metadata }) => metadata.uid ?? ""));
  const identities = new Map<string, string>();
  const live = new Map<string, KubeObject>();
  for (const group of creationGroups(objects)) {
    for (const one of group) {
      const { known } = remapOwners(one, identities, archived);
      const uid = `new-${one.metadata.uid}`;
      live.set(uid, {
        ...one,
        metadata: { ...one.metadata, uid, ownerReferences: known },
      });
      identities.set(one.metadata.uid ?? "", uid);
    }
  }
  return objects.map((one) => {
    const created = live.get(`new-${one.metadata.uid}`) as KubeObject;
    return {
      ...created,
      metadata: { ...created.metadata, ownerReferences: remapOwners(one, identities, archived).known },
    };
  });
}

describe("the order of creation", () => {
  it("has every object once, and owners before what they own wherever there is no cycle", () => {
    fc.assert(
      fc.property(graphs, (objects) => {
        const groups = creationGroups(objects);
        expect(
          groups
            .flat()
            .map(({ metadata }) => metadata.name)
            .sort(),
        ).toEqual(objects.map(({ metadata }) => metadata.name).sort());
        const at = new Map(
          groups.flatMap((group, index) => group.map((one) => [one.metadata.uid ?? "", index])),
        );
        const reach = (uid: string, seen = new Set<string>()): Set<string> => {
          const one = objects.find(({ metadata }) => metadata.uid === uid);
          for (const owner of one?.metadata.ownerReferences ?? [])
            if (!seen.has(owner.uid)) reach(owner.uid, seen.add(owner.uid));
          return seen;
        };
        for (const one of objects)
          for (const { uid } of one.metadata.ownerReferences ?? [])
            if (at.has(uid) && !reach(uid).has(one.metadata.uid ?? ""))
              expect(at.get(uid)).toBeLessThan(at.get(one.metadata.uid ?? "") ?? -1);
      }),
    );
  });

  it("has ClusterClasses before Clusters", () => {
    const clusterClass = object("cluster.x-k8s.io/v1beta2", "ClusterClass", "class");
    expect(creationGroups([cluster, machine, clusterClass])).toEqual([[clusterClass], [cluster], [machine]]);
  });
});

describe("owners", () => {
  it("are the same ones under their new identities, and no reference to an identity of the old cluster is left", () => {
    fc.assert(
      fc.property(graphs, (objects) => {
        const created = create(objects);
        const identities = new Set(created.map(({ metadata }) => metadata.uid));
        for (const one of created)
          for (const { uid } of one.metadata.ownerReferences ?? []) expect(identities.has(uid)).toBe(true);
        const strangers = new Set(["uid-of-ConfigMap-stranger"]);
        const { missing, otherOwners } = compareRestored(objects, created, strangers);
        expect({ missing, otherOwners }).toEqual({ missing: [], otherOwners: [] });
      }),
    );
  });

  it("that are lost are seen by the comparison", () => {
    const created = create(content().objects).map((one) =>
      one.kind === "Secret" ? { ...one, metadata: { ...one.metadata, ownerReferences: [] } } : one,
    );
    expect(compareRestored(content().objects, created.slice(1))).toMatchObject({
      missing: ["Cluster.cluster.x-k8s.io metal3/lab"],
      otherOwners: ["Secret metal3/host-1-bmc is owned by nobody instead of BareMetalHost host-1"],
    });
    expect(countLines(compareRestored(content().objects, created)).join("\n")).toMatch(/BareMetalHost +2 +2/);
  });
});

describe("an object at rest", () => {
  it("has nothing of the cluster that it comes from", () => {
    const { metadata, status: restored, data } = atRest(secret, all) as KubeObject & { data: object };
    expect(Object.keys(metadata).sort()).toEqual(["name", "namespace"]);
    expect(restored).toBeUndefined();
    expect(data).toEqual(secret.data);
  });

  it("is a Cluster that is paused", () => {
    expect(atRest(cluster, all).spec).toEqual({ ...cluster.spec, paused: true });
  });

  it("is a spare host that we hold, with the status from which the operator takes it up", () => {
    const annotations = atRest(spareHost, all).metadata.annotations ?? {};
    expect(annotations[paused]).toBe("metal3.pulumi.com/pivot");
    expect(JSON.parse(annotations[status] ?? "")).toEqual({
      operationalStatus: "OK",
      provisioning: { state: "available" },
    });
  });

  it("is a host in use that CAPM3 holds, and will release", () => {
    expect(atRest(usedHost, all).metadata.annotations?.[paused]).toBe("metal3.io/capm3");
    const orphan = keysOf([cluster, usedHost]);
    expect(atRest(usedHost, orphan).metadata.annotations?.[paused]).toBe("metal3.pulumi.com/pivot");
  });

  it("keeps a user's pause, with the status if it has none in an annotation yet", () => {
    const host = (annotations: Record<string, string>, rest: KubeObject) => ({
      ...rest,
      metadata: { ...rest.metadata, annotations },
    });
    expect(atRest(host({ [paused]: "by hand" }, usedHost), all).metadata.annotations).toEqual({
      [paused]: "by hand",
      [status]: JSON.stringify({ operationalStatus: "OK", provisioning: { state: "provisioned" } }),
    });
    const waiting = { ...usedHost, status: {} };
    expect(
      atRest(host({ [paused]: "by hand", [status]: "kept" }, waiting), all).metadata.annotations,
    ).toEqual({ [paused]: "by hand", [status]: "kept" });
  });

  it("loses what an interrupted move has written on it", () => {
    const marked = {
      ...spareHost,
      metadata: {
        ...spareHost.metadata,
        annotations: {
          [paused]: "metal3.io/capm3",
          "clusterctl.cluster.x-k8s.io/block-move": "",
          "clusterctl.cluster.x-k8s.io/delete-for-move": "",
          own: "kept",
        },
      },
    };
    const annotations = atRest(marked, all).metadata.annotations ?? {};
    expect(Object.keys(annotations).sort()).toEqual([paused, status, "own"].sort());
    expect(annotations[paused]).toBe("metal3.pulumi.com/pivot");
  });

  it("gets its status with the new number of the generation that it was observed at", () => {
    expect(statusAtRest(cluster, 1)).toEqual({
      observedGeneration: 1,
      conditions: [{ type: "Available", observedGeneration: 1 }],
    });
    const behind = { ...cluster, status: { observedGeneration: 2 } };
    expect(statusAtRest(behind, 1)).toEqual({ observedGeneration: 2 });
    expect(statusAtRest(machine, 1)).toBeUndefined();
    expect(statusAtRest(spareHost, 1)).toBeUndefined();
  });
});

describe("a cluster on which a backup is to be restored", () => {
  const fit: Destination = {
    definitions: [
      {
        metadata: { name: "baremetalhosts.metal3.io" },
        spec: { versions: [{ name: "v1alpha1", served: true }] },
      },
    ],
    providers: content().header.providers,
    operatorImage: content().header.operatorImage,
    hasNamespace: true,
    objects: [object("v1", "ConfigMap", "kube-root-ca.crt")],
  };
  const found = (changes: Partial<Destination>) =>
    obstacles(content(), { ...fit, ...changes }, "digest").map(
      ({ severity, reason }) => `${severity}: ${reason}`,
    );

  it("is fit when it has the providers and nothing of the cluster", () => {
    expect(found({})).toEqual([]);
  });

  it("is refused, with every object, when it holds something", () => {
    const host = object("metal3.io/v1alpha1", "BareMetalHost", "somebody-elses");
    expect(found({ objects: [cluster, secret, host] })).toEqual([
      "error: namespace metal3 holds 3 objects already: BareMetalHost.metal3.io metal3/somebody-elses, Cluster.cluster.x-k8s.io metal3/lab, Secret metal3/host-1-bmc",
    ]);
  });

  it("is fit when an earlier run of this restore has made them, and only them", () => {
    const note = { archive: "digest", phase: "creating" } as const;
    expect(found({ objects: [cluster, secret], note })).toEqual([]);
    const grown = object("cluster.x-k8s.io/v1beta2", "Machine", "new");
    expect(found({ objects: [cluster, grown], note })).toHaveLength(1);
    expect(found({ objects: [cluster, grown], note: { ...note, phase: "releasing" } })).toEqual([]);
    expect(found({ objects: [cluster], note: { ...note, archive: "other" } })).toEqual([
      "error: a restore of another archive has not ended in namespace metal3",
    ]);
  });

  it("is refused without a definition, or with an older provider", () => {
    expect(found({ definitions: [] })).toEqual([
      "error: the cluster does not know BareMetalHost (baremetalhosts.metal3.io)",
    ]);
    const provider = (version: string) => [{ name: "metal3", type: "InfrastructureProvider", version }];
    expect(found({ providers: provider("v1.9.9") })).toEqual([
      "error: InfrastructureProvider metal3 is v1.9.9, and was v1.13.2",
    ]);
    expect(found({ providers: provider("v1.14.0") })).toEqual([
      "warning: InfrastructureProvider metal3 is v1.14.0, and was v1.13.2",
    ]);
    expect(found({ providers: [] })).toHaveLength(1);
  });
});

describe("a released host", () => {
  const live = (annotations: Record<string, string>, state?: string): KubeObject => ({
    metadata: { name: "host-1", annotations },
    status: { provisioning: { state } },
  });

  it("is the operator's when it is unpaused, has read its status, and is in the state of the archive", () => {
    expect(notTakenOver(usedHost, live({}, "provisioned"))).toEqual([]);
    expect(notTakenOver(usedHost, live({ [paused]: "metal3.io/capm3" }))).toEqual(["host-1 is still paused"]);
    expect(notTakenOver(usedHost, live({ [status]: "{}" }))).toEqual([
      "host-1 has not taken its status over",
    ]);
    expect(notTakenOver(usedHost, live({}, "inspecting"))).toEqual([
      "host-1 is inspecting, and was provisioned",
    ]);
    expect(notTakenOver(usedHost, undefined)).toEqual(["host-1 is gone"]);
  });
});
