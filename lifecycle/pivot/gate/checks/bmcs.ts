import type { GateFacts } from "../facts";
import { type Finding, unsettled } from "../findings";

/** The target's nodes reach the BMCs, as far as that could be tried. What could not is said by the blind spots. */
export function checkBmcs({ bmcs }: GateFacts): Finding[] {
  return bmcs.kind === "made"
    ? bmcs.results
        .filter(({ answers }) => !answers)
        .map(({ hosts, endpoint }) =>
          unsettled(
            `BMC ${endpoint} of ${hosts.join(", ")}`,
            `does not accept a connection from ${bmcs.from} on the target, so its Ironic could not adopt ${hosts.length === 1 ? "the host" : "the hosts"}`,
            "mend the way from the target's nodes to the BMC, or the BMC",
          ),
        )
    : [];
}
