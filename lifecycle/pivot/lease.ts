import { type Context, pause } from "../shared/context";
import { LifecycleFailure } from "../shared/failure";
import { alreadyExists, KubeApiError, type KubeClient } from "../shared/kube/client";
import { type KubeObject, type ObjectRef, text } from "../shared/kube/objects";
import { types } from "../shared/kube/types";
import { journalName, journalNamespace, type MoveScope } from "./clusterJournal";
import { type Holder, holderSchema, holderText, lifeOf } from "./holder";

/** Seconds after its last renewal at which a lease counts as abandoned. */
const durationSeconds = 30;
const renewSeconds = 10;
/** Seconds that a process of this machine is given to end: one whose engine was killed notices that within a second. */
const endingSeconds = 3;
/** Seconds for giving the lease back; a cluster that does not answer then keeps it until it expires. */
const releaseSeconds = 5;
const holderAnnotation = "metal3.pulumi.com/holder";

function leaseRef(scope: MoveScope): ObjectRef {
  return { ...types.lease, namespace: journalNamespace, name: journalName(scope) };
}

/** The right to run a pivot, on every cluster that answers. `clusterctl move` looks at no Lease. */
export class PivotLease {
  private readonly timer: NodeJS.Timeout;
  private renewal: Promise<void> = Promise.resolve();

  /** Clusters on which it is ours; the others may still be somebody else's. */
  private readonly held: KubeClient[] = [];

  private constructor(
    private readonly scope: MoveScope,
    private readonly holder: Holder,
    private readonly onLoss: (why: LifecycleFailure) => void,
  ) {
    this.timer = setInterval(() => {
      this.renewal = this.renew();
    }, renewSeconds * 1000);
    this.timer.unref();
  }

  /**
   * Takes the lease on all clusters, in the order of their identities, so that two runners never wait for one another. One of
   * a process of this machine that has died is taken over at once, one of another machine when nobody has renewed it for
   * half a minute.
   *
   * @param clients Clients that outlive the program's stop signal, to give the lease back after it.
   * @param onLoss Called when somebody else has taken the lease over.
   * @throws LifecycleFailure when somebody else holds it: who, since when and until when.
   */
  static async take(
    context: Context,
    clients: readonly KubeClient[],
    scope: MoveScope,
    holder: Holder,
    onLoss: (why: LifecycleFailure) => void,
  ): Promise<PivotLease> {
    const lease = new PivotLease(scope, holder, onLoss);
    try {
      for (const client of clients) {
        await takeOn(context, client, scope, holder);
        lease.held.push(client);
      }
      return lease;
    } catch (error) {
      await lease.release();
      throw error;
    }
  }

  /** Gives the lease back where it is still ours. */
  async release(): Promise<void> {
    clearInterval(this.timer);
    const giveBack = Promise.allSettled(
      this.held.map(async (client) => {
        // A renewal that is under way would make the lease again.
        await this.renewal;
        const found = await client.find(leaseRef(this.scope));
        if (found && holderOf(found)?.id === this.holder.id) {
          await client.delete(leaseRef(this.scope));
        }
      }),
    );
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise((resolve) => (timer = setTimeout(resolve, releaseSeconds * 1000)));
    await Promise.race([giveBack, limit]);
    clearTimeout(timer);
  }

  private async renew(): Promise<void> {
    await Promise.all(
      this.held.map(async (client) => {
        try {
          const found = await client.find(leaseRef(this.scope));
          const other = found && holderOf(found);
          if (other && other.id !== this.holder.id) {
            this.onLoss(
              new LifecycleFailure(`another run has taken the pivot over: ${holderText(other)}`, {
                remedy:
                  "this one was not heard of for too long; let the other end, then run `pulumi up` again",
              }),
            );
          } else if (found) {
            await client.patch(leaseRef(this.scope), "merge", {
              metadata: { resourceVersion: found.metadata.resourceVersion },
              spec: { renewTime: microTime() },
            });
          } else {
            await client.create(leaseObject(this.scope, this.holder));
          }
        } catch {
          // A cluster that does not answer is a matter of the steps; nobody can take the lease there either.
        }
      }),
    );
  }
}

async function takeOn(context: Context, client: KubeClient, scope: MoveScope, holder: Holder): Promise<void> {
  let seen: { readonly renewed: string | undefined; readonly at: number } | undefined;
  for (;;) {
    const found = await client.find(leaseRef(scope));
    if (!found) {
      if (await unlessRaced(() => client.create(leaseObject(scope, holder)))) return;
      continue;
    }
    const other = holderOf(found);
    const life = other ? await lifeOf(other) : "unknown";
    const renewed = text(found, "spec", "renewTime");
    const waited = seen ? (Date.now() - seen.at) / 1000 : 0;
    if (life === "alive" ? waited >= endingSeconds : seen && seen.renewed !== renewed) {
      throw heldBy(found, other, client.name);
    }
    // By this machine's clock alone: clocks differ.
    const name = other ? holderText(other) : "an unknown holder";
    if (!seen) {
      seen = { renewed, at: Date.now() };
      if (life === "unknown") {
        context.progress(
          `${name} holds the lease on the ${client.name}; waiting up to ${durationSeconds} s to see whether it still renews it`,
        );
      }
    }
    if (life === "dead" || waited >= durationSeconds) {
      context.progress(
        `taking over the lease on the ${client.name} from ${name}, which ${life === "dead" ? "has died" : "does not renew it"}`,
      );
      const { metadata, spec } = leaseObject(scope, holder);
      const takeOver = () =>
        client.patch(leaseRef(scope), "merge", {
          metadata: { resourceVersion: found.metadata.resourceVersion, annotations: metadata.annotations },
          spec,
        });
      if (await unlessRaced(takeOver)) return;
      seen = undefined;
      continue;
    }
    context.activity = `waiting whether ${name} still renews the lease`;
    await pause(context, 1);
  }
}

/** @returns False when somebody else was faster. */
async function unlessRaced(write: () => Promise<unknown>): Promise<boolean> {
  try {
    await write();
    return true;
  } catch (error) {
    if (alreadyExists(error) || (error instanceof KubeApiError && [404, 409].includes(error.status))) {
      return false;
    }
    throw error;
  }
}

function heldBy(lease: KubeObject, holder: Holder | undefined, side: string): LifecycleFailure {
  const renewed = text(lease, "spec", "renewTime");
  const until = renewed && new Date(Date.parse(renewed) + durationSeconds * 1000).toISOString();
  const { namespace, name } = lease.metadata;
  return new LifecycleFailure(
    `another run moves this cluster: ${holder ? holderText(holder) : "of an unknown holder"}, since ${text(lease, "spec", "acquireTime") ?? "an unknown time"}`,
    {
      evidence: [
        `Lease ${namespace}/${name} on the ${side}: renewed at ${renewed ?? "an unknown time"}, valid until ${until ?? "an unknown time"} unless it is renewed again`,
      ],
      remedy: `nothing was touched; wait until the other run has ended. A run that was killed loses the lease ${durationSeconds} s after its last renewal, on its own machine at once`,
    },
  );
}

function holderOf(lease: KubeObject): Holder | undefined {
  try {
    return holderSchema.parse(JSON.parse(lease.metadata.annotations?.[holderAnnotation] ?? ""));
  } catch {
    return undefined;
  }
}

function leaseObject(scope: MoveScope, holder: Holder): KubeObject {
  return {
    ...types.lease,
    metadata: {
      namespace: journalNamespace,
      name: journalName(scope),
      labels: { "app.kubernetes.io/managed-by": "metal3-lifecycle" },
      annotations: { [holderAnnotation]: JSON.stringify(holder) },
    },
    spec: {
      holderIdentity: holderText(holder),
      leaseDurationSeconds: durationSeconds,
      acquireTime: microTime(),
      renewTime: microTime(),
    },
  };
}

/** Now, as Kubernetes writes times in leases. */
function microTime(): string {
  return new Date().toISOString().replace("Z", "000Z");
}
