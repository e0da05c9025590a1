import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, beforeAll, describe } from "vitest";
import { labFiles } from "../../lab/control/files";
import { versions } from "../../lab/images/versions";
import { projectRoot } from "../../lab/setup/paths";
import { rotateCredentials } from "./changes/credentials";
import { driftByHand } from "./changes/drift";
import { release } from "./changes/release";
import { changeImages } from "./changes/images";
import { changePools } from "./changes/pools";
import { upgrade } from "./changes/upgrades";
import { canUpgrade, earlierProviders, folder, hostCount, image, inventory, stack } from "./changes/support";

/** Milliseconds for a hook that brings up or takes down. */
const limit = 3_600_000;

/** Whether the rack was there before: then others go on with it. */
const wasUp = existsSync(labFiles().rackFile);

const lab = (...args: string[]) =>
  execa("node", ["--import", "tsx", join("lab", "control", "main.ts"), ...args], { cwd: projectRoot });

/** One cluster that is changed again and again by `pulumi up` alone, each change seen on it. */
// Who names cases of the other file wants these alone.
const { STEPS, CASES, MATRIX } = process.env;
describe.skipIf(STEPS ?? CASES ?? MATRIX)("changes of a running cluster", () => {
  beforeAll(async () => {
    // The rack may be up already, with fewer hosts.
    await lab("up", "--hosts", String(hostCount));
    stack.configure({
      hosts: inventory(3),
      ...(canUpgrade
        ? {
            kubernetesVersion: versions.earlierKubernetes,
            image: image(versions.earlierKubernetes),
            providers: { ...earlierProviders, clusterApi: versions.earlierClusterApi },
          }
        : {}),
    });
    await stack.init();
    await stack.up("bring-up");
    await stack.connect();
    await stack.expectSettled("bring-up");
  }, limit);

  afterAll(async () => {
    rmSync(folder, { recursive: true, force: true });
    stack.remove();
    await lab(wasUp ? "up" : "down");
  }, limit);

  // In this order: each begins with what the one before has left.
  changePools();
  rotateCredentials();
  driftByHand();
  changeImages();
  upgrade();
  release();
});
