import { condition, describe, field, isTrue, type KubeObject } from "../../../shared/kube/objects";
import { capiPausedAnnotation } from "../../../shared/kube/types";
import { type GateFacts, movingOfKind } from "../facts";
import { type Finding, refusal, unsettled, warning } from "../findings";

/** The Cluster is there, alone, not paused, and as far as clusterctl asks before it pauses anything. */
export function checkCluster(facts: GateFacts): Finding[] {
  const { scope } = facts;
  const { cluster } = facts.source.inventory;
  if (!cluster) {
    return [
      refusal(
        `Cluster ${scope.namespace}/${scope.clusterName}`,
        "is not on the source",
        "create the target cluster first, or correct the namespace and the name",
      ),
    ];
  }
  const others = movingOfKind(facts, "Cluster").filter((object) => object !== cluster);
  return [
    ...assessReadiness(cluster),
    ...(scope.resumed ? [] : [cluster, ...movingOfKind(facts, "ClusterClass")].flatMap(assessPause)),
    ...others.map((other) =>
      refusal(
        describe(other),
        `is in the namespace of ${cluster.metadata.name} and would move with it, but would not be brought through an interruption`,
        "give each cluster a namespace of its own",
      ),
    ),
  ];
}

function assessReadiness(cluster: KubeObject): Finding[] {
  const object = describe(cluster);
  const findings: Finding[] = [];
  if (field(cluster, "status", "initialization", "infrastructureProvisioned") !== true) {
    findings.push(unsettled(object, "has no infrastructure yet", "wait until its Metal3Cluster is ready"));
  }
  if (!isTrue(cluster, "ControlPlaneInitialized")) {
    findings.push(
      unsettled(object, "has no initialized control plane", "wait until its first control plane node is up"),
    );
  }
  const remote = condition(cluster, "RemoteConnectionProbe");
  if (remote?.status === "False") {
    findings.push(
      warning(
        object,
        `its API server is not reached from the source (${remote.message ?? remote.reason ?? "no reason given"})`,
        "mend the way from the source's pods to the cluster's endpoint",
      ),
    );
  }
  return findings;
}

function assessPause(object: KubeObject): Finding[] {
  const paused =
    field(object, "spec", "paused") === true || capiPausedAnnotation in (object.metadata.annotations ?? {});
  return paused
    ? [
        refusal(
          describe(object),
          "is paused: by somebody, or by a move of another checkout that was interrupted",
          "if objects are on the target already, run `pulumi up` where the move was begun: it goes on from there; else find out who paused it and why, and unpause it when that is over",
        ),
      ]
    : [];
}
