import { dockerfileImage, type Image } from "../image";
import { withMachineContext } from "./machine";

/** Tag of the stack's images: the Ironic release line of Metal3 that they stand in for. */
const tag = "release-39.0";

/** Folder of this file, relative to the project root. */
const folder = "lab/images/ironic";

/** Names of the images of the Ironic stack, each the upstream name of the image whose place it takes. */
export const ironicImageNames = {
  ironic: `quay.io/metal3-io/ironic:${tag}`,
  mariadb: `quay.io/metal3-io/mariadb:${tag}`,
  keepalived: `quay.io/metal3-io/keepalived:${tag}`,
  ipaDownloader: `quay.io/metal3-io/ironic-ipa-downloader:${tag}`,
} as const;

/**
 * Builds the images of the Ironic stack, unless the cache has them. They take the place of Metal3's official ones: same
 * entry points, environment, mounts, ports and user ids.
 *
 * @param base The lab's Debian image, from which all of them start, so that nodes fetch it once.
 */
export async function ironicImages(base: Image): Promise<Image[]> {
  const from = [base];
  return [
    await withMachineContext((machine) =>
      dockerfileImage({
        name: ironicImageNames.ironic,
        context: `${folder}/ironic`,
        from,
        contexts: { machine },
      }),
    ),
    await dockerfileImage({ name: ironicImageNames.mariadb, context: `${folder}/mariadb`, from }),
    await dockerfileImage({ name: ironicImageNames.keepalived, context: `${folder}/keepalived`, from }),
    await dockerfileImage({
      name: ironicImageNames.ipaDownloader,
      context: `${folder}/ipa-downloader`,
      from,
    }),
  ];
}
