import { moveLabel } from "../../../inventory/graph";
import { describe, field, type KubeObject, text } from "../../../shared/kube/objects";
import { clusterNameLabel } from "../../../shared/kube/types";
import type { GateFacts } from "../facts";
import { type Finding, refusal, warning } from "../findings";

/** Config maps that every namespace has by itself. */
const everywhere = new Set(["kube-root-ca.crt", "openshift-service-ca.crt"]);

/** Secrets and config maps that nothing which moves owns, and that carry no label to move. */
export function unownedObjects({ source }: Pick<GateFacts, "source">): KubeObject[] {
  const moving = new Set(source.inventory.moving);
  return source.inventory.objects.filter(
    (object) =>
      (object.kind === "Secret" || (object.kind === "ConfigMap" && !everywhere.has(object.metadata.name))) &&
      !moving.has(object),
  );
}

/** Objects that stay behind and end with the source, as far as a user may want them to move. */
export function checkStaying(facts: GateFacts): Finding[] {
  const { scope, source, strangers } = facts;
  const moving = new Set(source.inventory.moving);
  const others = source.inventory.objects.filter(
    (object) =>
      !moving.has(object) &&
      object.kind !== "Secret" &&
      object.kind !== "ConfigMap" &&
      // Judged with the owners.
      object.kind !== "IPPool" &&
      object.kind !== "Metal3DataTemplate" &&
      object.metadata.labels?.[clusterNameLabel] !== scope.clusterName,
  );
  return [
    ...(scope.unownedObjects === "label" ? [] : unownedObjects(facts)).map((object) =>
      (scope.unownedObjects === "refuse" ? refusal : warning)(
        describe(object),
        "is owned by nothing that moves and stays behind",
        `label it ${moveLabel} if it shall move; the setting unownedObjects does that for all of them`,
      ),
    ),
    ...others.map((object) =>
      object.kind === "BareMetalHost"
        ? refusal(
            describe(object),
            "is a host that would stay behind, and be lost with the source",
            "give the definition of BareMetalHost its labels",
          )
        : warning(
            describe(object),
            "is owned by nothing that moves and stays behind",
            `label it ${moveLabel} if it shall move`,
          ),
    ),
    ...strangers
      .filter(carriesUserSettings)
      .map((object) =>
        warning(
          describe(object),
          "carries settings of a user, and its type does not move",
          `note the settings and set them again on the target, or label the definition of ${object.kind}`,
        ),
      ),
  ];
}

/** What the operator makes by itself comes again on the target; what a user has written does not. */
function carriesUserSettings(object: KubeObject): boolean {
  const updates = field(object, "spec", "updates");
  const tells: Readonly<Record<string, boolean>> = {
    HostFirmwareSettings: Object.keys(field(object, "spec", "settings") ?? {}).length > 0,
    HostFirmwareComponents: Array.isArray(updates) && updates.length > 0,
    DataImage: text(object, "spec", "url") !== undefined,
    HostUpdatePolicy: true,
    BMCEventSubscription: true,
  };
  return tells[object.kind ?? ""] ?? false;
}
