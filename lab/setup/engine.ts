import { spawn } from "node:child_process";
import { existsSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { execa } from "execa";
import { machineMirror } from "../images/debian";
import { aptInstall, debianCodename } from "./apt";
import { note, track } from "./progress";
import { which } from "./systemTools";

/**
 * Debian packages of the engine, its client and the builder. What the engine starts is left to apt: the other release's runc
 * needs that release's libc, which would take the whole machine along.
 */
const enginePackages = ["docker.io", "docker-cli", "docker-buildx"];

/** bookworm's own engine, 20.10, is too old for the virtual hosts; that of the next release installs beside bookworm. */
const engineSuite = "trixie";

const sourcesFile = "/etc/apt/sources.list.d/metal3-cluster-trixie.sources";
const preferencesFile = "/etc/apt/preferences.d/metal3-cluster-trixie";
const engineLog = "/var/log/dockerd.log";

/** Seconds until a started engine has to answer. */
const startLimit = 60;

/**
 * Makes sure that a container engine answers: the one that does already, else the installed one is started, else Debian's is
 * installed and started.
 */
export async function setUpEngine(): Promise<void> {
  const version = await engineVersion();
  if (version !== undefined) return note("container engine", `using version ${version}`);
  if (process.env["DOCKER_HOST"])
    throw new Error(
      `container engine: nothing answers at DOCKER_HOST=${process.env["DOCKER_HOST"]}. Start that engine, or unset the variable.`,
    );
  if (findProgram("dockerd") === undefined) await installEngine();
  if ((await engineVersion()) === undefined)
    await track("container engine", "starting it", startEngine, engineLog);
  note("container engine", `version ${await engineVersion()} answers`);
}

/** Version of the engine that answers the docker client; undefined when none does. */
export async function engineVersion(): Promise<string | undefined> {
  const answer = await execa("docker", ["version", "--format", "{{.Server.Version}}"], {
    reject: false,
    timeout: 10_000,
  });
  return answer.failed || answer.stdout.trim() === "" ? undefined : answer.stdout.trim();
}

async function installEngine(): Promise<void> {
  const fromOtherSuite = debianCodename() === "bookworm";
  if (fromOtherSuite) {
    const targets = await execa("apt-get", ["indextargets", "--format", "$(RELEASE)"]);
    if (!targets.stdout.split("\n").includes(engineSuite)) {
      const mirror = await machineMirror();
      writeFileSync(sourcesFile, renderSources(mirror, engineSuite));
      note("container engine", `added Debian's ${engineSuite} in ${sourcesFile}, with a low priority`);
    }
    writeFileSync(preferencesFile, renderPreferences(engineSuite));
  }
  await aptInstall(
    "container-engine",
    enginePackages.map((name) => (fromOtherSuite ? `${name}/${engineSuite}` : name)),
  );
}

/** A deb822 source of a suite's main component. Pure. */
export function renderSources(
  mirror: { readonly uri: string; readonly keyring: string },
  suite: string,
): string {
  return [
    "# Made by the set-up of metal3-cluster, for the container engine only.",
    "Types: deb",
    `URIs: ${mirror.uri}`,
    `Suites: ${suite}`,
    "Components: main",
    ...(mirror.keyring === "" ? [] : [`Signed-By: ${mirror.keyring}`]),
    "",
  ].join("\n");
}

/** Keeps apt from taking anything from the suite that was not asked for by name, or is needed by such. Pure. */
export function renderPreferences(suite: string): string {
  return `Package: *\nPin: release n=${suite}\nPin-Priority: 100\n`;
}

async function startEngine(): Promise<void> {
  if (existsSync("/run/systemd/system")) {
    await execa("systemctl", ["start", "docker"]);
  } else {
    const dockerd = findProgram("dockerd");
    if (dockerd === undefined) throw new Error("the installed packages brought no dockerd");
    const out = openSync(engineLog, "a");
    // A session of its own: it outlives this program and is not stopped by a Ctrl-C meant for it. It writes
    // /var/run/docker.pid itself.
    spawn(dockerd, [], { detached: true, stdio: ["ignore", out, out] }).unref();
  }
  const deadline = Date.now() + startLimit * 1000;
  while ((await engineVersion()) === undefined) {
    if (Date.now() > deadline) {
      const tail = existsSync(engineLog)
        ? readFileSync(engineLog, "utf8").trimEnd().split("\n").slice(-10).join("\n")
        : "";
      throw new Error(
        `container engine: no answer within ${startLimit} s of its start; log ${engineLog}:\n${tail}`,
      );
    }
    await sleep(500);
  }
}

function findProgram(name: string): string | undefined {
  return which(name, [...(process.env["PATH"] ?? "").split(delimiter), "/usr/sbin", "/sbin"]);
}
