/**
 * The mark by which a resource knows the clusters it has made, also one whose creation was interrupted.
 *
 * kind cannot label its containers, but it mounts what it is told to, and the engine shows a container's mounts from its
 * first moment on. So the mark is the path of a mount of nothing. Pure.
 */
import { createHash } from "node:crypto";

const FOLDER = "/etc/pulumi-kind";

/** Mark of a resource: the same for each of its runs, another for every other resource and stack. */
export function ownerOf(urn: string): string {
  return createHash("sha256").update(urn).digest("hex").slice(0, 16);
}

/** The mount that carries the mark. */
export function ownerMount(owner: string) {
  return { hostPath: "/dev/null", containerPath: `${FOLDER}/${owner}`, readOnly: true };
}

/** The mark found among the mounts of a node, if there is one. */
export function ownerFromMounts(destinations: readonly string[]): string | undefined {
  return destinations.find((path) => path.startsWith(`${FOLDER}/`))?.slice(FOLDER.length + 1);
}
