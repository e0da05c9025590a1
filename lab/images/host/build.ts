import { join } from "node:path";
import { projectRoot } from "../../setup/paths";
import { localImages } from "../../control/addresses";
import { dockerfileImage, type Image } from "../image";
import { withMachineContext } from "../ironic/machine";

/**
 * Builds the lab's own two images, unless the cache has them: the virtual host (firmware and RAM disk) and the rack's
 * services. They stay in the container engine, no cluster uses them.
 *
 * @param base The lab's Debian image, from which both start.
 */
export async function rackImages(base: Image): Promise<Image[]> {
  const host = "lab/host";
  return withMachineContext(async (machine) => [
    await dockerfileImage({
      name: localImages.services,
      context: "lab/services",
      from: [base],
      contexts: { machine },
    }),
    await dockerfileImage({
      name: localImages.host,
      context: "lab/images/host",
      from: [base],
      contexts: { machine, host: join(projectRoot, host) },
      files: [host],
    }),
  ]);
}
