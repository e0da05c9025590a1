import { describe, field, type KubeObject, text } from "../../../shared/kube/objects";
import { holdingAnnotations, statusAnnotation, withCarriedStatus } from "../../hostAnnotations";
import { type GateFacts, movingOfKind } from "../facts";
import { type Finding, refusal, unsettled, warning } from "../findings";

/** What Kubernetes allows all annotations of an object to have together. */
const annotationBytes = 256 * 1024;

/** Status and hardware data exist, fit into what carries them, and can be written. */
export function checkHostStatus(facts: GateFacts): Finding[] {
  const hosts = movingOfKind(facts, "BareMetalHost").map(withCarriedStatus);
  const data = new Set(movingOfKind(facts, "HardwareData").map(({ metadata }) => metadata.name));
  return [
    // An attempt before this one may have stopped the operator.
    ...(facts.scope.resumed ? [] : hosts.flatMap(assessPresence)),
    ...hosts.flatMap(assessSize),
    ...hosts.filter((host) => needsHardwareData(host) && !data.has(host.metadata.name)).map(withoutData),
    ...facts.sourceWrites
      .filter(({ trouble }) => trouble !== undefined)
      .map(({ object, trouble, message }) =>
        unsettled(
          `${object} on the source`,
          `cannot be written (${trouble === "denied" ? "denied" : "no answer"}: ${message ?? ""})`,
          "the webhooks of the source must answer, and this kubeconfig must be allowed to write",
        ),
      ),
  ];
}

function assessPresence(host: KubeObject): Finding[] {
  return text(host, "status", "lastUpdated") === undefined
    ? [unsettled(describe(host), "has no status to move", "the Bare Metal Operator must have seen the host")]
    : [];
}

function assessSize(host: KubeObject): Finding[] {
  const annotations = { ...host.metadata.annotations, ...holdingAnnotations(host) };
  const bytes = Object.entries(annotations).reduce(
    (sum, [key, value]) => sum + Buffer.byteLength(key) + Buffer.byteLength(value),
    0,
  );
  return bytes <= annotationBytes
    ? []
    : [
        refusal(
          describe(host),
          `its status does not fit into the annotation ${statusAnnotation}: all annotations would have ${bytes} bytes, and ${annotationBytes} are allowed`,
          "remove annotations that nothing needs",
        ),
      ];
}

/** Hosts that were inspected have it; without it the target's operator knows no hardware of the host. */
function needsHardwareData(host: KubeObject): boolean {
  const state = text(host, "status", "provisioning", "state");
  return (
    state === "available" ||
    state === "provisioned" ||
    field(host, "status", "hardware", "nics") !== undefined
  );
}

function withoutData(host: KubeObject): Finding {
  const inspection = host.metadata.annotations?.["inspect.metal3.io"];
  return inspection === "disabled"
    ? warning(
        describe(host),
        "has no HardwareData, as its inspection is disabled",
        "nothing, if its hardware details are not needed",
      )
    : unsettled(
        describe(host),
        "has no HardwareData that moves, so the target would not know its hardware",
        "the Bare Metal Operator writes it when the host is inspected; see that it runs, and that the definition of HardwareData has its labels",
      );
}
