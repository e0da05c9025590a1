/** containerd's configuration of registry mirrors. Pure. */

/** Folder in which containerd looks for mirrors, one folder for each registry host. */
export const CERTS_FOLDER = "/etc/containerd/certs.d";

/** Registries whose API answers under another name than the one in image names. */
const API_HOSTS: Readonly<Record<string, string>> = { "docker.io": "registry-1.docker.io" };

/** Path of the file for a registry host. */
export function hostsFile(registry: string): string {
  return `${CERTS_FOLDER}/${registry}/hosts.toml`;
}

/**
 * Content of the file: the mirror is asked first, the registry itself when the mirror does not answer or does not have the
 * image.
 *
 * @param registry registry host as in image names, or `_default` for all that have no file of their own
 * @param mirror base URL; a path in it stands in place of `/v2`
 */
export function hostsToml(registry: string, mirror: string): string {
  const url = mirror.replace(/\/+$/, "");
  const lines = [
    ...(registry === "_default" ? [] : [`server = "https://${API_HOSTS[registry] ?? registry}"`, ""]),
    `[host."${url}"]`,
    `  capabilities = ["pull", "resolve"]`,
    ...(new URL(url).pathname === "/" ? [] : ["  override_path = true"]),
  ];
  return `${lines.join("\n")}\n`;
}
