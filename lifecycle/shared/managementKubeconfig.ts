import fs from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { LifecycleFailure } from "./failure";
import { ensureFolder, readIfPresent, stateFolder, writePrivateFile } from "./stateFolder";

const markerSchema = z.object({
  /** Cluster whose objects moved. */
  clusterName: z.string(),
  /** When the move was verified (ISO 8601). */
  pivotedAt: z.string(),
});

/** What is noted when the management kubeconfig names the target. */
export type PivotMarker = z.output<typeof markerSchema>;

/** Path of the kubeconfig of the cluster that holds the moved objects now, relative to the project. */
export function managementKubeconfigPath(stack: string): string {
  return path.join(stateFolder(stack), "management.kubeconfig");
}

function markerPath(stack: string): string {
  return path.join(stateFolder(stack), "pivoted.json");
}

/** The kubeconfig in the file, or undefined when there is none yet. */
export async function readManagementKubeconfig(stack: string): Promise<string | undefined> {
  return readIfPresent(managementKubeconfigPath(stack));
}

/** The note of a verified pivot, or undefined when the objects have not moved. */
export async function readPivotMarker(stack: string): Promise<PivotMarker | undefined> {
  const content = await readIfPresent(markerPath(stack));
  if (content === undefined) {
    return undefined;
  }
  try {
    return markerSchema.parse(JSON.parse(content));
  } catch {
    throw new LifecycleFailure(`${markerPath(stack)} cannot be read`, {
      remedy: "restore it, or delete it if the bootstrap cluster still holds the objects",
    });
  }
}

/** Points the file at a cluster. */
export async function writeManagementKubeconfig(stack: string, kubeconfig: string): Promise<void> {
  await ensureFolder(stack);
  await writePrivateFile(managementKubeconfigPath(stack), kubeconfig);
}

/**
 * Points the file at the target and notes it. The kubeconfig comes first: with the marker alone, a crash in between would
 * leave a file that names the bootstrap and counts as moved.
 */
export async function switchToTarget(stack: string, kubeconfig: string, marker: PivotMarker): Promise<void> {
  await writeManagementKubeconfig(stack, kubeconfig);
  await writePrivateFile(markerPath(stack), `${JSON.stringify(marker)}\n`);
}

/**
 * Gives a checkout that has never brought the stack up what a verified pivot leaves behind. What is there is kept.
 *
 * @returns Whether anything was missing.
 */
export async function restoreAccess(
  stack: string,
  clusterName: string,
  targetKubeconfig: string,
): Promise<boolean> {
  if ((await readManagementKubeconfig(stack)) !== undefined) {
    return false;
  }
  await switchToTarget(stack, targetKubeconfig, { clusterName, pivotedAt: new Date().toISOString() });
  return true;
}

/** Kubeconfig of the target, kept beside the management kubeconfig from the begin of a destroy to its end. */
export function rememberedTargetPath(managementPath: string): string {
  return path.join(path.dirname(managementPath), "target.kubeconfig");
}

/** Keeps it, so that a release finds the target also when no verified pivot names it. */
export async function rememberTarget(managementPath: string, kubeconfig: string): Promise<void> {
  await fs.mkdir(path.dirname(managementPath), { recursive: true, mode: 0o700 });
  await writePrivateFile(rememberedTargetPath(managementPath), kubeconfig);
}

/** What was kept, or undefined. */
export async function readRememberedTarget(stack: string): Promise<string | undefined> {
  return readIfPresent(rememberedTargetPath(managementKubeconfigPath(stack)));
}

/** Forgets the clusters that held the objects, when there are none any more: their kubeconfigs are keys to nothing. */
export async function forgetManagement(stack: string): Promise<void> {
  const file = managementKubeconfigPath(stack);
  await Promise.all([file, rememberedTargetPath(file)].map((gone) => fs.rm(gone, { force: true })));
  await forgetPivot(stack);
}

/** Forgets a pivot of an earlier life of the stack: its mark, and what was noted for it. */
export async function forgetPivot(stack: string): Promise<void> {
  await fs.rm(markerPath(stack), { force: true });
  await fs.rm(path.join(stateFolder(stack), "pivot"), { recursive: true, force: true });
}
