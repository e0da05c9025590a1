import { baseImage } from "./base";
import { controllerImages, flannelImages } from "./controllers";
import { rackImages } from "./host/build";
import type { Image } from "./image";
import { ironicImages } from "./ironic/build";
import { kubernetesImages } from "./kubernetes";
import { kindNodeImage } from "./node";

/** Where images are wanted. */
export type Destination =
  /** The machine's container engine. */
  | "engine"
  /** The lab's registry, the mirror of all registries for both clusters. */
  | "registry"
  /** containerd of kind's node image. */
  | "node"
  /** containerd of the hosts' operating system. */
  | "host";

/** A group of images that are made together. */
export interface ImageGroup {
  /** Name in progress lines. */
  readonly name: string;
  readonly destinations: readonly Destination[];
  /** Makes the images, or finds them in the cache. `made` has the images of the groups before. */
  readonly build: (made: ReadonlyMap<string, readonly Image[]>) => Promise<readonly Image[]>;
}

/** Every image of the lab, in the order of dependency. The hosts' operating system comes after them, see `os.ts`. */
export const catalog: readonly ImageGroup[] = [
  { name: "base", destinations: ["engine"], build: async () => [await baseImage()] },
  { name: "kubernetes", destinations: ["registry", "node", "host"], build: kubernetesImages },
  { name: "flannel", destinations: ["registry", "node", "host"], build: flannelImages },
  { name: "controllers", destinations: ["registry", "node", "host"], build: controllerImages },
  { name: "rack", destinations: ["engine"], build: (made) => rackImages(only(made, "base")) },
  { name: "ironic", destinations: ["registry", "node"], build: (made) => ironicImages(only(made, "base")) },
  {
    name: "node",
    destinations: ["engine"],
    build: async (made) => [await kindNodeImage(imagesFor("node", made))],
  },
];

/** Images of all groups made so far that are wanted somewhere. Pure. */
export function imagesFor(destination: Destination, made: ReadonlyMap<string, readonly Image[]>): Image[] {
  return catalog
    .filter((group) => group.destinations.includes(destination))
    .flatMap((group) => made.get(group.name) ?? []);
}

function only(made: ReadonlyMap<string, readonly Image[]>, group: string): Image {
  const [image] = made.get(group) ?? [];
  if (image === undefined) throw new Error(`the images of the group ${group} have to be made first`);
  return image;
}
