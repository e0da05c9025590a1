import { describe, field, type KubeObject, text } from "../../../shared/kube/objects";
import { clusterNameLabel } from "../../../shared/kube/types";
import { detachedAnnotation, isConsumed, isPausedByUser, withCarriedStatus } from "../../hostAnnotations";
import { type GateFacts, movingOfKind } from "../facts";
import { type Finding, refusal, unsettled, warning } from "../findings";

/** States in which nothing is done to a host, so that it can change hands. */
const steadyStates = new Set(["provisioned", "available", "ready", "externally provisioned"]);

/** Every host is steady, without an error, and has what the target's operator needs to take it as it is. */
export function checkHosts(facts: GateFacts): Finding[] {
  const secrets = new Set(movingOfKind(facts, "Secret").map(({ metadata }) => metadata.name));
  return movingOfKind(facts, "BareMetalHost")
    .map(withCarriedStatus)
    .flatMap((host) => [...assessState(host), ...assessMarks(host), ...assessBelongings(host, secrets)]);
}

function assessState(host: KubeObject): Finding[] {
  const object = describe(host);
  const findings: Finding[] = [];
  const state = text(host, "status", "provisioning", "state") ?? "new";
  const operational = text(host, "status", "operationalStatus");
  const error = text(host, "status", "errorMessage");
  const online = field(host, "spec", "online");
  const poweredOn = field(host, "status", "poweredOn");
  if (!steadyStates.has(state)) {
    findings.push(
      unsettled(object, `is ${state}`, "wait until it is available or provisioned, or remove it"),
    );
  }
  if (error !== undefined || text(host, "status", "errorType") !== undefined) {
    findings.push(
      unsettled(
        object,
        `has a ${text(host, "status", "errorType") ?? "error"}: ${error ?? "no message"}`,
        "mend it, or remove the host",
      ),
    );
  } else if (operational !== undefined && operational !== "OK" && operational !== "detached") {
    findings.push(
      unsettled(object, `has the operational status "${operational}"`, "wait until it is OK, or mend it"),
    );
  }
  // A warning: once Ironic is handed over, nobody on the source notices a switch any more.
  if (isConsumed(host) && typeof poweredOn === "boolean" && online !== poweredOn) {
    findings.push(
      warning(
        object,
        `was last seen ${poweredOn ? "on" : "off"} and shall be ${online === true ? "on" : "off"}: the target's operator will switch it`,
        "correct spec.online if that is not wanted",
      ),
    );
  }
  return findings;
}

function assessMarks(host: KubeObject): Finding[] {
  const object = describe(host);
  const findings: Finding[] = [];
  if (
    detachedAnnotation in (host.metadata.annotations ?? {}) ||
    text(host, "status", "operationalStatus") === "detached"
  ) {
    findings.push(refusal(object, "is detached", `remove the annotation ${detachedAnnotation}`));
  }
  if (isPausedByUser(host) && isConsumed(host)) {
    findings.push(
      refusal(
        object,
        "is paused by a user, so its status would not be kept",
        "remove the annotation baremetalhost.metal3.io/paused for the time of the move",
      ),
    );
  }
  if (isConsumed(host) && host.metadata.labels?.[clusterNameLabel] === undefined) {
    findings.push(
      unsettled(
        object,
        `lacks the label ${clusterNameLabel}`,
        "CAPM3 sets it; without it CAPM3 never lifts its pause",
      ),
    );
  }
  return findings;
}

/** What must come along, and what the target's Ironic asks for before it adopts a host. */
function assessBelongings(host: KubeObject, movingSecrets: ReadonlySet<string>): Finding[] {
  const object = describe(host);
  const findings: Finding[] = [];
  const credentials = text(host, "spec", "bmc", "credentialsName");
  if (credentials !== undefined && !movingSecrets.has(credentials)) {
    findings.push(
      unsettled(
        object,
        `its BMC credentials, Secret ${credentials}, would stay behind`,
        "the Bare Metal Operator makes the host the Secret's owner; see that it runs and that the Secret exists",
      ),
    );
  }
  const provisioned = text(host, "status", "provisioning", "state") === "provisioned";
  const hasImage = [
    ["status", "provisioning", "image", "url"],
    ["spec", "image", "url"],
    ["status", "provisioning", "customDeploy", "method"],
    ["spec", "customDeploy", "method"],
  ].some((path) => text(host, ...path) !== undefined);
  if (provisioned && !hasImage) {
    findings.push(
      refusal(object, "is provisioned and names no image, so Ironic cannot adopt it", "set its spec.image"),
    );
  }
  if (
    text(host, "spec", "bmc", "address") !== undefined &&
    text(host, "spec", "bootMACAddress") === undefined
  ) {
    findings.push(
      warning(
        object,
        "has no boot MAC address, so its ports are not known to the target's Ironic until it is inspected again",
        "set its spec.bootMACAddress",
      ),
    );
  }
  return findings;
}
