import { createCertificates } from "../../lifecycle/ironicCredentials/certificates";
import type { IronicCredentialsResult } from "../../lifecycle/inputs/ironicCredentials";
import { emptyDeployment } from "../../lifecycle/ironicStage/deployment";
import { KubeClient } from "../../lifecycle/shared/kube/client";
import { count, type ObjectRef } from "../../lifecycle/shared/kube/objects";
import { types } from "../../lifecycle/shared/kube/types";
import { type Wire, wireAddresses } from "./wire";

const namespace = "baremetal-operator-system";
const deployment: ObjectRef = { ...types.deployment, namespace, name: "ironic" };
const pod: ObjectRef = { ...types.pod, namespace, name: "ironic-0" };
const labels = { name: "ironic" };

/** Ironic's credentials for the endpoint of the wire. */
export async function makeCredentials(): Promise<IronicCredentialsResult> {
  const certificates = await createCertificates({
    ironicIP: wireAddresses.endpoint,
    caValidityYears: 1,
    certificateValidityYears: 1,
  });
  return {
    ...certificates,
    username: "ironic",
    password: "secret",
    htpasswd: "ironic:hash",
    mariadbPassword: "secret",
    ironicIP: wireAddresses.endpoint,
    generation: 1,
    startedAt: "2026-01-01T00:00:00Z",
    finishedAt: "2026-01-01T00:00:00Z",
  };
}

/** What happens on a cluster when its Ironic is to start or to stop. */
export interface SideBehaviour {
  /** MAC address of the node that runs it. */
  readonly mac: string;
  /** Its pod never becomes ready, and holds nothing. */
  broken?: boolean;
  /** Its keepalived is killed rather than stopped: the address stays. */
  keepsAddress?: boolean;
  /** Done when its pod is about to be gone. */
  whenStopped?: () => Promise<void>;
}

/** A cluster without nodes, on which the test does what controllers and kubelets would do for Ironic. */
export class Side {
  /** Whether Ironic works there. */
  works = false;
  private hasPod = false;
  private stopped = false;
  private following: Promise<void> | undefined;
  /** Why nobody follows the Deployment any more. */
  private broke: unknown;

  private constructor(
    readonly client: KubeClient,
    private readonly wire: Wire,
    private readonly credentials: IronicCredentialsResult,
    readonly behaviour: SideBehaviour,
  ) {}

  static async open(
    name: string,
    kubeconfig: string,
    wire: Wire,
    credentials: IronicCredentialsResult,
    behaviour: SideBehaviour,
  ): Promise<Side> {
    const client = KubeClient.fromKubeconfig(name, kubeconfig, new AbortController().signal);
    while (!(await client.isReady())) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    await client.create({ ...types.namespace, metadata: { name: namespace } });
    await client.create(emptyDeployment(deployment, labels, "quay.io/metal3-io/ironic:test"));
    const side = new Side(client, wire, credentials, behaviour);
    side.following = side.follow().catch((error: unknown) => void (side.broke = error));
    return side;
  }

  /** How many pods Ironic is to have. */
  async replicas(): Promise<number> {
    return count(await this.client.get(deployment), "spec", "replicas") ?? -1;
  }

  async scale(replicas: number): Promise<void> {
    await this.client.patch(deployment, "merge", { spec: { replicas } });
  }

  /** Waits until what is there is what was asked for. */
  async settle(): Promise<void> {
    for (;;) {
      const wanted = (await this.replicas()) > 0;
      if (this.hasPod === wanted && this.works === (wanted && !this.behaviour.broken)) return;
      if (this.broke) throw this.broke as Error;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  async close(): Promise<void> {
    this.stopped = true;
    await this.following;
    await this.client.close();
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      const found = await this.client.get(deployment);
      const wanted = (count(found, "spec", "replicas") ?? 0) > 0;
      if (wanted && !this.hasPod) {
        await this.start();
      } else if (!wanted && this.hasPod) {
        await this.stop();
      }
      await this.report(found.metadata.generation ?? 1, wanted && this.works);
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  private async start(): Promise<void> {
    this.hasPod = true;
    await this.client.create({
      ...pod,
      metadata: { name: pod.name, namespace, labels },
      spec: { containers: [{ name: "ironic", image: "quay.io/metal3-io/ironic:test" }] },
    });
    if (this.behaviour.broken) {
      return;
    }
    const { tlsCertificate: cert, tlsKey: key, username, password } = this.credentials;
    await this.wire.tell({
      mac: this.behaviour.mac,
      holds: true,
      api: { cert, key, login: `${username}:${password}` },
      dhcp: { server: wireAddresses.node, nextServer: wireAddresses.endpoint, address: "198.51.100.100" },
    });
    await this.wire.forget();
    this.works = true;
  }

  private async stop(): Promise<void> {
    if (this.works) {
      await this.wire.tell({ api: null, dhcp: null, holds: this.behaviour.keepsAddress ?? false });
    }
    this.works = false;
    await this.behaviour.whenStopped?.();
    await this.client.delete(pod);
    this.hasPod = false;
  }

  private async report(observedGeneration: number, ready: boolean): Promise<void> {
    const number = ready ? 1 : 0;
    await this.client.patch(
      deployment,
      "merge",
      {
        status: {
          observedGeneration,
          replicas: number,
          updatedReplicas: number,
          readyReplicas: number,
          availableReplicas: number,
          conditions: [{ type: "Available", status: ready ? "True" : "False" }],
        },
      },
      { subresource: "status" },
    );
  }
}
