/** The two ways between the clusters of a test: the pivot of a bring-up, and the move back in `pulumi destroy`. */
import { returnStackName } from "../../../lifecycle/retire/journal";

/** One of the two API servers. */
export type Side = "source" | "target";

/** A move, by the names that the clusters have in the bring-up. */
export interface Direction {
  readonly from: Side;
  readonly to: Side;
  /** The program's stack, by which its state folder is named. */
  readonly stack: string;
  /** Which side of this move is the moved cluster itself. */
  readonly nodesOn: Side;
}

const stack = "dev";

/** From the bootstrap cluster to the target, which is the moved cluster itself. */
export const forward: Direction = { from: "source", to: "target", stack, nodesOn: "target" };

/** From the target to a bootstrap cluster, as `ReturnToBootstrap` declares it (see its component test). */
export const back: Direction = {
  from: "target",
  to: "source",
  stack: returnStackName(stack),
  nodesOn: "source",
};
