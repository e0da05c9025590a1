import { checkAddresses } from "./checks/addresses";
import { checkBmcs } from "./checks/bmcs";
import { checkClocks } from "./checks/clocks";
import { checkCluster } from "./checks/cluster";
import { checkControllers, checkRestarts } from "./checks/controllers";
import { checkCreates } from "./checks/creates";
import { checkDefinitionLabels, checkServedVersions } from "./checks/definitions";
import { checkFeatureGates } from "./checks/featureGates";
import { checkHosts } from "./checks/hosts";
import { checkHostStatus } from "./checks/hostStatus";
import {
  checkDeletions,
  checkLeftovers,
  checkMarks,
  checkNamespace,
  checkPauses,
} from "./checks/interrupted";
import { checkIronic } from "./checks/ironic";
import { checkMachines, checkProviderIDs } from "./checks/machines";
import { checkBelonging, checkOwners } from "./checks/owners";
import { checkProviders } from "./checks/providers";
import { checkReplicas } from "./checks/replicas";
import { checkRoom } from "./checks/room";
import { checkStaying } from "./checks/staying";
import type { GateFacts } from "./facts";
import type { Finding } from "./findings";

/** One question that the gate asks. Pure: the same facts give the same findings. */
export type Check = (facts: GateFacts) => Finding[];

/** All of them, in the order in which their findings are shown. */
export const checks: readonly Check[] = [
  checkDefinitionLabels,
  checkServedVersions,
  checkProviders,
  checkFeatureGates,
  checkControllers,
  checkRestarts,
  checkClocks,
  checkIronic,
  checkRoom,
  checkBmcs,
  checkNamespace,
  checkCreates,
  checkLeftovers,
  checkCluster,
  checkHosts,
  checkHostStatus,
  checkMachines,
  checkProviderIDs,
  checkReplicas,
  checkDeletions,
  checkMarks,
  checkPauses,
  checkOwners,
  checkBelonging,
  checkStaying,
  checkAddresses,
];

/** Judges what was read. All findings at once, errors first. */
export function assessGate(facts: GateFacts): Finding[] {
  const findings = checks.flatMap((check) => check(facts));
  return [
    ...findings.filter(({ severity }) => severity === "error"),
    ...findings.filter(({ severity }) => severity === "warning"),
  ];
}
