import { preflightInput, type PreflightResult } from "../inputs/preflight";
import { LifecycleFailure } from "../shared/failure";
import { defineVerb } from "../shared/verb";
import { checkAddresses } from "./addresses";
import { checkBmcs } from "./bmc";
import { checkEngine } from "./engine";
import { checkImage, checkRepository } from "./files";
import { type EnvironmentFinding, findingLine } from "./finding";
import { checkTools } from "./tools";

/** `preflight`: looks, without changing anything, for all that would make the run fail later; names all of it at once. */
export const verb = defineVerb({
  input: preflightInput,
  secrets: ["BMC_CREDENTIALS"],
  async run(input, context): Promise<PreflightResult> {
    const checks: Readonly<Record<string, Promise<EnvironmentFinding[]>>> = {
      "container engine": checkEngine(context, input),
      tools: checkTools(context, input),
      "provider repository": checkRepository(input),
      image: checkImage(context, input),
      addresses: checkAddresses(context, input),
      BMCs: checkBmcs(context, input),
    };
    context.activity = "checking the environment";
    const findings = (await Promise.all(Object.values(checks))).flat();
    if (findings.length > 0) {
      throw new LifecycleFailure(
        `the environment is not ready (${findings.length} findings); nothing was changed`,
        {
          evidence: findings.map(findingLine),
          remedy: "mend all of these and run again",
        },
      );
    }
    context.progress(`the environment is ready: ${Object.keys(checks).join(", ")}`);
    return { checks: Object.keys(checks) };
  },
});
