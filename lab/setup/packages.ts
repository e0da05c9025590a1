/** One Debian package (group) that the set-up installs when what it provides is missing. */
export interface DebianPackage {
  /** Package name as apt knows it. */
  readonly name: string;
  /**
   * A program of the package, looked up on PATH (`/usr/sbin` and `/sbin` included). Present: the package counts as
   * installed, whatever brought the program. Absent from this record: dpkg is asked.
   */
  readonly program?: string;
  /** What needs it; printed when the installation fails. */
  readonly why: string;
}

/**
 * Debian packages that the lab needs on the machine, installed with `--no-install-recommends` from the release's own
 * suite. Append here; the container engine itself is chosen in `engine.ts`.
 */
export const debianPackages: readonly DebianPackage[] = [
  { name: "ca-certificates", why: "downloads" },
  { name: "curl", program: "curl", why: "downloads and probes" },
  { name: "git", program: "git", why: "the Go tool's direct module access" },
  { name: "jq", program: "jq", why: "shell use of the tools' JSON" },
  { name: "gcc", program: "gcc", why: "the pause program" },
  { name: "libc6-dev", why: "the pause program" },
  { name: "iproute2", program: "ip", why: "the lab's network" },
  { name: "iptables", program: "iptables", why: "the container engine's networks" },
  { name: "e2fsprogs", program: "mkfs.ext4", why: "disk images of the virtual hosts" },
  { name: "util-linux", program: "losetup", why: "loop devices of the virtual hosts" },
  { name: "mmdebstrap", program: "mmdebstrap", why: "root file systems of the lab's images" },
];
