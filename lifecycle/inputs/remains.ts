import { z } from "zod";
import { objectName, stackName } from "./common";

/** Input of `remains`. */
export const remainsInput = z.strictObject({
  stack: stackName,
  /** kind's name of the bootstrap cluster. */
  kindName: objectName,
  /** Mark of the resource that makes it; clusters without it are not touched. */
  kindOwner: z.string().min(1),
});

/** Result of `remains`. */
export interface RemainsResult {
  /** Whether a kind cluster was left that no state knew of. */
  readonly cluster: boolean;
}
