import { Agent, request } from "undici";
import { rack, url } from "../../lab/control/addresses";

/** Reference by digest of an image in the lab's registry. */
export async function digestOf(repository: string, tag: string): Promise<string> {
  const { headers, body } = await request(`${url(rack.registry)}/v2/${repository}/manifests/${tag}`, {
    headers: {
      accept:
        "application/vnd.oci.image.manifest.v1+json, application/vnd.docker.distribution.manifest.v2+json",
    },
  });
  await body.dump();
  return `quay.io/${repository}@${String(headers["docker-content-digest"])}`;
}

/** Asks Ironic for its nodes as somebody: the status of the answer, and the provision state of each node that it names. */
export async function ironicNodes(
  user: string,
  password: string,
): Promise<{ readonly statusCode: number; readonly states: string[] }> {
  // The certificate is proved by the lifecycle programs.
  const dispatcher = new Agent({ connect: { rejectUnauthorized: false, timeout: 1000 } });
  try {
    const { statusCode, body } = await request(`https://${rack.ironic}:6385/v1/nodes`, {
      dispatcher,
      headers: {
        "X-OpenStack-Ironic-API-Version": "1.81",
        authorization: `Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`,
      },
      signal: AbortSignal.timeout(3000),
    });
    const text = await body.text();
    if (statusCode !== 200) return { statusCode, states: [] };
    const { nodes } = JSON.parse(text) as { nodes: { provision_state: string }[] };
    return { statusCode, states: nodes.map((node) => node.provision_state) };
  } finally {
    await dispatcher.destroy();
  }
}
