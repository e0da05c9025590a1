import { describe, type KubeObject } from "../../../shared/kube/objects";
import { clusterNameLabel } from "../../../shared/kube/types";
import type { GateFacts } from "../facts";
import { type Finding, refusal, unsettled, warning } from "../findings";

/**
 * Owner references are complete. clusterctl moves an object after all of its owners; one with an owner that does not move is
 * left out of every step without a word.
 */
export function checkOwners({ source }: GateFacts): Finding[] {
  const { moving, objects } = source.inventory;
  const movingUids = new Set(moving.map(({ metadata }) => metadata.uid));
  const knownUids = new Set(objects.map(({ metadata }) => metadata.uid));
  return moving.flatMap((object) =>
    (object.metadata.ownerReferences ?? [])
      .filter(({ uid }) => !movingUids.has(uid))
      .map((owner) => {
        const name = `${owner.kind} ${owner.name}`;
        return knownUids.has(owner.uid)
          ? refusal(
              describe(object),
              `is owned by ${name}, which does not move, so clusterctl would leave it behind without a word`,
              `label ${name} so that it moves, or remove the owner reference`,
            )
          : unsettled(
              describe(object),
              `is owned by ${name}, which is not in the namespace or of a type that clusterctl does not know, so clusterctl would leave it behind without a word`,
              "remove the owner reference, or label the owner's definition",
            );
      }),
  );
}

/** Kinds that move only when they name their Cluster. */
const namingTheirCluster = new Set(["IPPool", "Metal3DataTemplate"]);

/** Objects that belong to the cluster, but that nothing which moves owns. */
export function checkBelonging({ scope, source }: GateFacts): Finding[] {
  const moving = new Set(source.inventory.moving);
  return source.inventory.objects
    .filter((object) => !moving.has(object))
    .flatMap((object) => assessStray(object, scope.clusterName));
}

function assessStray(object: KubeObject, clusterName: string): Finding[] {
  const { kind = "", metadata } = object;
  if (namingTheirCluster.has(kind)) {
    return [
      unsettled(
        describe(object),
        "is owned by no Cluster and would stay behind",
        "set its spec.clusterName; its controller then adds the owner",
      ),
    ];
  }
  if (kind === "Secret" || kind === "ConfigMap" || metadata.labels?.[clusterNameLabel] !== clusterName) {
    return [];
  }
  return kind.endsWith("Template")
    ? [
        warning(
          describe(object),
          "is a template of the cluster that nothing uses, and stays behind",
          "nothing, if no machine shall be made from it any more",
        ),
      ]
    : [
        unsettled(
          describe(object),
          "belongs to the cluster, is owned by nothing that moves, and would stay behind",
          "wait until its controller has set its owner; else set the owner by hand",
        ),
      ];
}
