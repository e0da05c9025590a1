import { preflightInput, type PreflightResult } from "../inputs/preflight";
import { LifecycleFailure } from "../shared/failure";
import { defineVerb } from "../shared/verb";
import { checkAddresses, stackExists } from "./addresses";
import { checkBmcs } from "./bmc";
import { checkEngine } from "./engine";
import { checkImage, checkRepository } from "./files";
import { type EnvironmentFinding, findingLine } from "./finding";
import { checkTools } from "./tools";

/**
 * `preflight`: looks, without changing anything, for all that would make the run fail later; names all of it at once. For a stack
 * that is there already, what its bootstrap alone needed is not looked at.
 */
export const verb = defineVerb({
  input: preflightInput,
  secrets: ["BMC_CREDENTIALS"],
  async run(input, context): Promise<PreflightResult> {
    context.activity = "checking the environment";
    const exists = await stackExists(context, input);
    const bmcs = checkBmcs(context, input);
    const checks: Readonly<Record<string, Promise<readonly EnvironmentFinding[]>>> = {
      ...(exists
        ? {}
        : {
            "container engine": checkEngine(context, input),
            tools: checkTools(context, input),
            addresses: checkAddresses(context, input),
          }),
      "provider repository": checkRepository(input),
      image: checkImage(context, input),
      BMCs: bmcs.then(({ findings }) => findings),
    };
    const findings = (await Promise.all(Object.values(checks))).flat();
    if (findings.length > 0) {
      const count = findings.length === 1 ? "1 problem" : `${findings.length} problems`;
      throw new LifecycleFailure(`the environment has ${count}; nothing was created or changed`, {
        evidence: findings.map(findingLine),
        remedy: "mend all of these and run again",
      });
    }
    context.progress(`the environment is ready: ${Object.keys(checks).join(", ")}`);
    return { checks: Object.keys(checks), bmcs: (await bmcs).good };
  },
});
