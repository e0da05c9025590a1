import { existsSync, mkdirSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { artifact, artifactKey, run } from "../setup/cache";
import { bootstrapArguments, sourceLine } from "./base";
import { debianRelease, machineMirror } from "./debian";
import type { LayerSpec } from "./imageSet";

/** What kube-proxy and flannel call; their libraries come along, nothing else of Debian. */
const packages = ["busybox-static", "conntrack", "iptables", "kmod", "nftables"];

/** Programs of BusyBox that the images of flannel are called by, and a shell to look around with. */
const applets = ["sh", "cp", "cat", "ls", "ip"];

/** Not needed in a container that nobody installs anything in. */
const leftovers =
  "dev etc/apt var/lib/apt var/lib/dpkg var/cache usr/share usr/lib/systemd usr/sbin/iptables-apply";

/**
 * A layer with `iptables` (on nf_tables), `nft`, `conntrack` and a few programs of BusyBox, unpacked from Debian's
 * packages without running any of their scripts. Made once for all the images that have it.
 */
export async function networkToolsLayer(): Promise<LayerSpec> {
  const mirror = await machineMirror();
  const of = { name: "root-network-tools", inputs: [debianRelease, ...packages, ...applets, leftovers] };
  const made = await artifact({
    ...of,
    produce: async (dir, log) => {
      const root = join(dir, "root");
      mkdirSync(root);
      const arguments_ = bootstrapArguments(mirror, "extract", packages);
      await run(log, "mmdebstrap", [...arguments_, debianRelease, root, "-"], { input: sourceLine(mirror) });
      // What the installation of Debian itself and the packages' scripts would have done.
      for (const folder of ["bin", "lib", "lib64", "sbin"]) {
        if (!existsSync(join(root, folder))) symlinkSync(`usr/${folder}`, join(root, folder));
      }
      for (const suffix of ["", "-save", "-restore"]) {
        for (const name of ["iptables", "ip6tables"]) {
          symlinkSync("xtables-nft-multi", join(root, "usr/sbin", `${name}${suffix}`));
        }
      }
      mkdirSync(join(root, "usr/local/bin"), { recursive: true });
      for (const applet of applets) symlinkSync("/usr/bin/busybox", join(root, "usr/local/bin", applet));
      await run(log, "sh", ["-euc", `cd "$1"; rm -rf ${leftovers}; ldconfig -r .`, "sh", root]);
    },
  });
  return {
    id: "network-tools",
    inputs: [artifactKey(of)],
    stage: (root, log) => run(log, "cp", ["-a", `${join(made, "root")}/.`, root]),
  };
}
