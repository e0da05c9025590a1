import type { ClusterConfig } from "../config/clusterConfig";
import { type NodeFile, nodeFile } from "./cloudInit";

const checkScript = "/etc/keepalived/check-apiserver.sh";

/**
 * keepalived on the control plane nodes, which holds the API endpoint's address (VRRP).
 *
 * All nodes start as equals. One whose API server answers gets more weight, so that the address goes to it and a node that
 * is only joining never takes it. Before `kubeadm init` no API server answers: the first node is alone and has the address,
 * which kubeadm needs.
 */
export function apiEndpointFiles(config: ClusterConfig): NodeFile[] {
  const { endpoint } = config.controlPlane;
  return [
    nodeFile(
      checkScript,
      `#!/bin/sh
exec curl --silent --fail --insecure --noproxy '*' --max-time 2 --output /dev/null https://127.0.0.1:${endpoint.port}/healthz
`,
      "0755",
    ),
    nodeFile(
      "/etc/keepalived/keepalived.conf",
      `global_defs {
  enable_script_security
  script_user root
}

vrrp_script apiserver {
  script "${checkScript}"
  interval 2
  timeout 3
  fall 3
  rise 1
  weight 50
}

vrrp_instance api_endpoint {
  state BACKUP
  interface ${config.network.targetInterface}
  virtual_router_id ${config.ironic.apiVirtualRouterId}
  priority 100
  advert_int 1
  virtual_ipaddress {
    ${endpoint.host}/32
  }
  track_script {
    apiserver
  }
}
`,
    ),
  ];
}

/** Starts keepalived, again where the image had it running before its configuration was written. */
export const apiEndpointCommands: readonly string[] = [
  "systemctl enable keepalived",
  "systemctl restart keepalived",
];
