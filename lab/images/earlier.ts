import { join } from "node:path";
import { artifact, isMade } from "../setup/cache";
import { goVersion, toolArtifact } from "../setup/goBuild";
import { earlierClusterApi, earlierKube, type GoTool } from "../setup/goTools";
import { imagesFor } from "./catalog";
import { clusterApi, managerImages } from "./controllers";
import type { Image } from "./image";
import { componentImages } from "./kubernetes";
import { type OsImage, osImage } from "./os";
import { type Tool, toolAt } from "./tools";
import { versions } from "./versions";

/** What a cluster of the lab needs that begins with earlier versions, beside everything else. */
export interface EarlierRelease {
  /** Images of Kubernetes' and Cluster API's components, for the registry. */
  readonly images: readonly Image[];
  readonly os: OsImage;
}

/**
 * Builds the earlier Kubernetes and Cluster API, their images, and an operating system image with that Kubernetes, unless the
 * cache has them.
 *
 * @param made The lab's images, by group.
 */
export async function earlierRelease(made: ReadonlyMap<string, readonly Image[]>): Promise<EarlierRelease> {
  const version = versions.earlierKubernetes;
  const kube = await built(earlierKube(version));
  const components = await componentImages(version, kube);
  const own = new Set(components.map(({ name }) => name.replace(version, versions.kubernetes)));
  const others = imagesFor("host", made).filter(({ name }) => !own.has(name));
  const managers = await earlierManagers();
  return {
    images: [...components, ...managers],
    os: await osImage([...components, ...others], { version, kube }),
  };
}

async function earlierManagers(): Promise<Image[]> {
  const version = versions.earlierClusterApi;
  const programs = new Map<string, Tool>();
  for (const program of earlierClusterApi(version)) programs.set(program.name, await built(program));
  return managerImages(`controllers-cluster-api-${version}`, clusterApi(version), (name) => {
    const program = programs.get(name);
    if (program === undefined) throw new Error(`Cluster API has no program ${name}`);
    return program;
  });
}

async function built(program: GoTool): Promise<Tool> {
  return toolAt(program.name, join(await artifact(toolArtifact(program, await goVersion())), program.name));
}

/** Whether the programs were built, so that the rest costs little: then the lab serves it along with everything else. */
export async function earlierIsMade(): Promise<boolean> {
  const go = await goVersion();
  return [earlierKube(versions.earlierKubernetes), ...earlierClusterApi(versions.earlierClusterApi)].every(
    (program) => isMade(toolArtifact(program, go)),
  );
}
