/** A world in which a pivot takes place write by write: two clusters, clusterctl, CAPM3 and the Bare Metal Operator. */
import {
  deletionGenerations,
  moveLabel,
  movingObjects,
  type MoveType,
  objectKey,
} from "../../../lifecycle/inventory/graph";
import { classify, type MovePhase, type Side } from "../../../lifecycle/pivot/classify";
import {
  blockMoveAnnotation,
  capm3Pause,
  ourPause,
  pausedAnnotation,
  statusAnnotation,
} from "../../../lifecycle/pivot/hostAnnotations";
import { choosePlan, keysUnderWay, makePlan, type MovePlan } from "../../../lifecycle/pivot/plan";
import { foundOf, isOpen, type Step, stepsFrom } from "../../../lifecycle/pivot/steps";
import type { KubeObject } from "../../../lifecycle/shared/kube/objects";

export const userPause = "maintenance";

/** An object of the graph. Owners are indices of earlier objects; 0 is the Cluster. */
export interface Part {
  readonly kind: "Cluster" | "Machine" | "Secret" | "BareMetalHost" | "HardwareData";
  readonly name: string;
  readonly owners: readonly number[];
  /** Of a host: whether a machine uses it. */
  readonly consumed?: boolean;
  /** Of a host: whether a user has paused it. */
  readonly userPaused?: boolean;
  /** Of a secret: whether a user has labelled it. */
  readonly labelled?: boolean;
}

interface Thing {
  readonly part: Part;
  uid: string;
  ownerUids: string[];
  annotations: Record<string, string>;
  paused: boolean;
  /** Of a host: whether the operator knows its status. */
  adopted: boolean;
  deleting: boolean;
}

interface Cluster {
  readonly name: string;
  readonly things: Map<string, Thing>;
  journal: MovePlan | undefined;
}

const apiVersions: Record<Part["kind"], string> = {
  Cluster: "cluster.x-k8s.io/v1beta2",
  Machine: "cluster.x-k8s.io/v1beta2",
  Secret: "v1",
  BareMetalHost: "metal3.io/v1alpha1",
  HardwareData: "metal3.io/v1alpha1",
};

const moveTypes: readonly MoveType[] = Object.entries(apiVersions).map(([kind, apiVersion]) => ({
  apiVersion,
  kind,
  move: kind === "BareMetalHost" || kind === "HardwareData",
  hierarchy: kind === "Cluster" || kind === "BareMetalHost",
}));

/** Something that must never happen. */
export class Violation extends Error {}

/** How one attempt ends. */
export interface Attempt {
  /** Writes after which it is killed; undefined for one that runs to its end. */
  readonly writes?: number;
  /** The source does not answer. */
  readonly sourceDown?: boolean;
  /** It runs on a machine that has no state folder. */
  readonly otherMachine?: boolean;
}

export class World {
  readonly source: Cluster = { name: "source", things: new Map(), journal: undefined };
  readonly target: Cluster = { name: "target", things: new Map(), journal: undefined };
  private readonly keys: string[];
  private readonly users = new Set<string>();
  private operatorRuns = true;
  private deletionBegun = false;
  private sourceWasPaused = false;
  private local: MovePlan | undefined;
  /** Writes of the last attempt. */
  writes = 0;

  constructor(
    private readonly parts: readonly Part[],
    /** A number from 0 to 1 for each object: the order within a group, which clusterctl does not define. */
    private readonly dice: readonly number[],
  ) {
    parts.forEach((part, index) => {
      this.source.things.set(keyOf(part), {
        part,
        uid: `s${index}`,
        ownerUids: part.owners.map((owner) => `s${owner}`),
        annotations: part.userPaused ? { [pausedAnnotation]: userPause } : {},
        paused: false,
        adopted: true,
        deleting: false,
      });
    });
    this.keys = parts.map(keyOf);
    if (parts.some(({ userPaused }) => userPaused)) this.users.add(userPause);
    if (this.moving(this.source).length !== parts.length)
      throw new Error("not every part of the graph moves");
  }

  /** Runs the pivot once, as the verb does: classify, then the steps. */
  attempt({ writes = Infinity, sourceDown = false, otherMachine = false }: Attempt): MovePhase {
    this.writes = 0;
    const plan = choosePlan([
      otherMachine ? undefined : this.local,
      this.target.journal,
      sourceDown ? undefined : this.source.journal,
    ]);
    if (otherMachine) this.local = undefined;
    const [source, target] = [sourceDown ? undefined : this.side(this.source), this.side(this.target)];
    const found = classify(source, target, keysUnderWay(plan));
    if (!isOpen(found.phase)) return found.phase;
    const state = { plan, begun: found.phase === "partly-created", sourceDown };
    for (const step of stepsFrom(foundOf({ ...found, phase: found.phase }, source, target))) {
      const running = this.perform(step, state);
      for (;;) {
        if (this.writes >= writes) return found.phase;
        if (running.next().done) break;
        this.writes++;
        this.controllers();
        this.check();
      }
    }
    return found.phase;
  }

  phase(): MovePhase {
    const plan = choosePlan([this.local, this.target.journal, this.source.journal]);
    return classify(this.side(this.source), this.side(this.target), keysUnderWay(plan)).phase;
  }

  /** What is wrong with a world in which the pivot has ended. */
  endDefects(): string[] {
    const onTarget = this.moving(this.target).map(objectKey).sort();
    const defects: string[] = [];
    if (this.source.things.size > 0)
      defects.push(`the source holds ${[...this.source.things.keys()].join()}`);
    if (JSON.stringify(onTarget) !== JSON.stringify([...this.keys].sort()))
      defects.push(`the target holds ${onTarget.join()}`);
    if (this.target.things.get(this.keys[0])?.paused) defects.push("the target is paused");
    for (const { part, annotations, adopted } of this.target.things.values()) {
      const expected = part.userPaused ? userPause : undefined;
      if (annotations[pausedAnnotation] !== expected)
        defects.push(`${part.name} is paused by ${annotations[pausedAnnotation] ?? "nobody"}`);
      if (blockMoveAnnotation in annotations) defects.push(`${part.name} blocks a move`);
      if (part.kind === "BareMetalHost" && !part.userPaused && !adopted)
        defects.push(`${part.name} has no status`);
    }
    return defects;
  }

  private *perform(
    step: Step,
    state: { plan: MovePlan | undefined; readonly begun: boolean; readonly sourceDown: boolean },
  ): Generator<void> {
    const { source, target } = this;
    switch (step) {
      case "pass-gate":
        this.requireCompleteSource();
        if (this.isPaused(source) && !state.begun && state.plan?.movingSince === undefined)
          throw new Violation("the gate takes clusterctl's pause for a user's");
        return;
      case "note-plan":
      case "note-move":
        state.plan =
          step === "note-move" && state.plan
            ? { ...state.plan, movingSince: "then" }
            : makePlan({
                clusterName: "lab",
                namespace: "metal3",
                ends: { source: "s", target: "t" },
                source: { keys: this.side(source).keys, moving: [] },
                nodes: [],
                earlier: state.plan,
                begun: state.begun,
                now: "now",
              });
        for (const keep of [
          () => (this.local = state.plan),
          () => (source.journal = state.plan),
          () => (target.journal = state.plan),
        ]) {
          keep();
          yield;
        }
        return;
      case "stop-operator":
        if (!state.sourceDown) {
          this.operatorRuns = false;
          yield;
        }
        return;
      case "unpause-source":
        this.requireCompleteSource();
        this.setPaused(source, false);
        yield;
        for (const host of this.hosts(source)) {
          if (host.annotations[pausedAnnotation] === capm3Pause) {
            delete host.annotations[pausedAnnotation];
            yield;
          }
        }
        return;
      case "hold-hosts":
        for (const host of this.hosts(source)) {
          hold(host);
          yield;
        }
        return;
      case "move":
        yield* this.clusterctlMove();
        return;
      case "close-source":
        if (source.things.has(this.keys[0]) && !this.isPaused(source)) {
          this.setPaused(source, true);
          yield;
        }
        for (const host of this.hosts(source)) {
          if (!(pausedAnnotation in host.annotations)) {
            host.annotations[pausedAnnotation] = ourPause;
            yield;
          }
        }
        return;
      case "delete-from-source":
        for (const generation of deletionGenerations(this.moving(source))) {
          for (const object of generation) yield* this.delete(objectKey(object));
        }
        return;
      case "release-hosts":
        for (const { annotations } of this.hosts(target)) {
          const ours = annotations[pausedAnnotation] === ourPause;
          if (ours || blockMoveAnnotation in annotations) {
            delete annotations[blockMoveAnnotation];
            if (ours) delete annotations[pausedAnnotation];
            yield;
          }
        }
        return;
      case "unpause-target":
        this.setPaused(target, false);
        yield;
    }
  }

  private *clusterctlMove(): Generator<void> {
    const { source, target } = this;
    if (this.isPaused(source)) throw new Violation("clusterctl refuses a paused Cluster");
    this.setPaused(source, true);
    yield;
    for (const host of this.hosts(source)) {
      if (!host.part.consumed) continue;
      // CAPM3 leaves a host alone that is paused already.
      if (!(pausedAnnotation in host.annotations)) {
        host.annotations = { ...host.annotations, [pausedAnnotation]: capm3Pause, [statusAnnotation]: "{}" };
        yield;
      }
    }
    const groups = this.groups();
    for (const group of groups) {
      for (const index of group) {
        const part = this.parts[index];
        const from = source.things.get(keyOf(part));
        if (!from) throw new Violation(`${part.name} is not on the source that is moved`);
        const before = target.things.get(keyOf(part));
        target.things.set(keyOf(part), {
          part,
          uid: before?.uid ?? `t${index}`,
          ownerUids: part.owners.map((owner) => `t${owner}`),
          annotations: { ...from.annotations },
          paused: from.paused,
          adopted: before?.adopted ?? false,
          deleting: false,
        });
        yield;
      }
    }
    for (const group of [...groups].reverse()) {
      for (const index of group) yield* this.delete(this.keys[index]);
    }
    this.setPaused(target, false);
    yield;
  }

  /** As clusterctl does it: the mark replaces all annotations. */
  private *delete(key: string): Generator<void> {
    const thing = this.source.things.get(key);
    if (!thing) return;
    this.deletionBegun = true;
    thing.annotations = { mark: "" };
    yield;
    thing.deleting = true;
    yield;
    this.source.things.delete(key);
    yield;
  }

  /** Groups of objects whose owners are all in earlier groups. */
  private groups(): number[][] {
    const level: number[] = [];
    this.parts.forEach(({ owners }, index) => {
      level[index] = owners.length === 0 ? 0 : 1 + Math.max(...owners.map((owner) => level[owner]));
    });
    return [...new Set(level)]
      .sort((a, b) => a - b)
      .map((wanted) =>
        level
          .flatMap((found, index) => (found === wanted ? [index] : []))
          .sort((a, b) => (this.dice[a] ?? 0) - (this.dice[b] ?? 0)),
      );
  }

  /** What the target's controllers do at once. */
  private controllers(): void {
    for (const host of this.hosts(this.target)) {
      const { annotations } = host;
      if (!this.isPaused(this.target) && annotations[pausedAnnotation] === capm3Pause)
        delete annotations[pausedAnnotation];
      // Under a paused Cluster, CAPM3 pauses a host in use again, and notes its status as it is: still empty.
      if (this.isPaused(this.target) && host.part.consumed && !(pausedAnnotation in annotations))
        throw new Violation(`${host.part.name} loses its status`);
      if (!(pausedAnnotation in annotations) && !host.adopted) {
        if (!(statusAnnotation in annotations)) throw new Violation(`${host.part.name} is inspected again`);
        host.adopted = true;
        delete annotations[statusAnnotation];
      }
    }
  }

  private check(): void {
    const { source, target } = this;
    for (const key of this.keys) {
      if (!source.things.has(key) && !target.things.has(key)) throw new Violation(`${key} is lost`);
    }
    const both = source.things.has(this.keys[0]) && target.things.has(this.keys[0]);
    if (both && !this.isPaused(source) && !this.isPaused(target))
      throw new Violation("both sides are unpaused");
    if (
      this.deletionBegun &&
      this.sourceWasPaused &&
      source.things.has(this.keys[0]) &&
      !this.isPaused(source)
    )
      throw new Violation("the source was unpaused after its deletion had begun");
    this.sourceWasPaused = this.isPaused(source);
    if (this.operatorRuns && this.hosts(source).some(({ deleting }) => deleting))
      throw new Violation("the source's operator sees a host that is being deleted");
  }

  private requireCompleteSource(): void {
    if (this.source.things.size !== this.keys.length) throw new Violation("the source is not complete");
  }

  private hosts({ things }: Cluster): Thing[] {
    return [...things.values()].filter(({ part }) => part.kind === "BareMetalHost");
  }

  private isPaused({ things }: Cluster): boolean {
    return things.get(this.keys[0])?.paused ?? false;
  }

  private setPaused({ things }: Cluster, paused: boolean): void {
    const cluster = things.get(this.keys[0]);
    if (cluster) cluster.paused = paused;
  }

  private moving({ things }: Cluster): KubeObject[] {
    return movingObjects([...things.values()].map(toObject), moveTypes);
  }

  private side(cluster: Cluster): Side {
    const found = cluster.things.get(this.keys[0]);
    return {
      keys: new Set(this.moving(cluster).map(objectKey)),
      cluster: found ? (found.paused ? "paused" : "running") : "absent",
    };
  }
}

function hold(host: Thing): void {
  host.annotations = {
    ...host.annotations,
    [statusAnnotation]: "{}",
    [pausedAnnotation]: host.annotations[pausedAnnotation] === userPause ? userPause : ourPause,
  };
}

function keyOf({ kind, name }: Part): string {
  return objectKey({ apiVersion: apiVersions[kind], kind, metadata: { namespace: "metal3", name } });
}

function toObject({ part, uid, ownerUids }: Thing): KubeObject {
  return {
    apiVersion: apiVersions[part.kind],
    kind: part.kind,
    metadata: {
      namespace: "metal3",
      name: part.name,
      uid,
      labels: part.labelled ? { [moveLabel]: "" } : {},
      ownerReferences: ownerUids.map((owner) => ({ apiVersion: "", kind: "", name: "", uid: owner })),
    },
  };
}
