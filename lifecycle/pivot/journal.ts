import fs from "node:fs/promises";
import path from "node:path";
import { ensureFolder, readIfPresent, stateFolder, writePrivateFile } from "../shared/stateFolder";
import { type MovePlan, planSchema } from "./plan";

function planPath(stack: string): string {
  return path.join(stateFolder(stack), "pivot", "plan.json");
}

/** The plan of a move of this cluster that this checkout has begun, if there is one. */
export async function readPlan(stack: string, clusterName: string): Promise<MovePlan | undefined> {
  const content = await readIfPresent(planPath(stack));
  if (content === undefined) {
    return undefined;
  }
  try {
    const plan = planSchema.parse(JSON.parse(content));
    return plan.clusterName === clusterName ? plan : undefined;
  } catch {
    return undefined;
  }
}

/** Forgets the plan of a move that will not be gone on with. */
export async function forgetPlan(stack: string): Promise<void> {
  await fs.rm(planPath(stack), { force: true });
}

/** Notes the plan of a move that begins. */
export async function writePlan(stack: string, plan: MovePlan): Promise<void> {
  await ensureFolder(stack, "pivot");
  await writePrivateFile(planPath(stack), `${JSON.stringify(plan)}\n`);
}
