import type { ClusterConfig } from "../config/clusterConfig";
import { type NodeFile, nodeFile } from "./cloudInit";

/** Hosts whose registry answers under another name. */
const servers: Record<string, string> = { "docker.io": "registry-1.docker.io" };

/**
 * containerd's configuration of registry mirrors. The runtime of the image must read `/etc/containerd/certs.d`
 * (`config_path`); it does so at each pull and needs no restart.
 */
export function registryMirrorFiles(config: Pick<ClusterConfig, "registryMirrors">): NodeFile[] {
  return Object.entries(config.registryMirrors).map(([host, mirror]) =>
    nodeFile(`/etc/containerd/certs.d/${host}/hosts.toml`, hostsToml(host, mirror)),
  );
}

function hostsToml(host: string, mirror: string): string {
  const url = mirror.replace(/\/+$/, "");
  return `server = "https://${servers[host] ?? host}"

[host."${url}"]
  capabilities = ["pull", "resolve"]
${new URL(url).pathname === "/" ? "" : "  override_path = true\n"}`;
}
