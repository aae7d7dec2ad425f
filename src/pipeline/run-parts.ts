import { availableMemory } from "../backend/available-memory.ts";
import type { RunConfig } from "../config/run-config.ts";
import { shareOf } from "../config/source-values.ts";
import { planeLayout } from "../layout/planes.ts";
import {
  type ArenaLayout,
  allocateArena,
  layoutArena,
  resultOffset,
  slotOffset,
  unrootArena,
} from "../ring/arena.ts";
import { createScheduler, parseSchedule } from "../schedule/schedule-spec.ts";
import type { TraceRecorder } from "../sink/trace-recorder.ts";
import { deliveredGeometry } from "../source/scaled.ts";
import type { Source } from "../source/source.ts";
import type { RunContext } from "../types.ts";
import { Anchors } from "./anchors.ts";
import { CascadeParts } from "./cascade-parts.ts";
import { Departures } from "./departures.ts";
import { DevicePool, SEATS_PER_DEVICE } from "./device-pool.ts";
import { EarlyAnswers } from "./early-answers.ts";
import { EmittedFrame } from "./emitted-frame.ts";
import { noDeviceLeft } from "./failures.ts";
import { Manager } from "./manager.ts";
import type { Opened } from "./opened.ts";
import type { Outcome } from "./outcome.ts";
import { SlotTable } from "./slot-table.ts";
import { SourceRunner } from "./source-runner.ts";
import { StageTimes } from "./stage-times.ts";

/** Ground-truth records of a demo frame; see AIP_DEMO_OBJECTS_MAX. */
const TRUTH_CAPACITY = 256;
const FPS_UNKNOWN = 25;

export interface RunPartsOptions {
  readonly config: RunConfig;
  readonly opened: Opened;
  readonly layout: ArenaLayout;
  readonly trace: TraceRecorder | null;
  readonly outcome: Outcome;
  /** Called with every frame that leaves, in order per source. */
  readonly emit: (frame: EmittedFrame) => void;
}

/** The arena of a run with `slotCount` slots for each source. */
export function layoutFor({ sources, models, instances }: Opened, slotCount: number): ArenaLayout {
  return layoutArena({
    sources: sources.map(({ info }) => ({
      slotCount,
      pixelBytes: planeLayout(deliveredGeometry(info)).sizeBytes,
      truthCapacity: info.truthClasses === undefined ? 0 : TRUTH_CAPACITY,
    })),
    seatCount: SEATS_PER_DEVICE * instances.length,
    payloadBytes: Math.max(0, ...models.map((model) => model.payloadBytes)),
  });
}

/**
 * Everything that lives as long as a run's arena does, built from what was opened and connected.
 */
export class RunParts {
  readonly pool: DevicePool;
  readonly sources: readonly SourceRunner[];
  readonly stages: StageTimes = new StageTimes();
  readonly departures: Departures;
  readonly manager: Manager;
  /** Null where no cascade runs. */
  readonly cascade: CascadeParts | null;
  /** What stages and sinks are told. */
  readonly context: RunContext;
  readonly #options: RunPartsOptions;
  readonly #arena: SharedArrayBuffer;
  #isHopeless = false;

  /** @throws {AipError} `slots-too-many` where they do not fit into the memory */
  constructor(options: RunPartsOptions) {
    const { config, opened, layout, trace, emit } = options;
    this.#options = options;
    const arena = allocateArena(layout, availableMemory());
    this.#arena = arena;
    this.pool = this.#makePool();
    const { devices } = this.pool;
    const sources = opened.sources.map((source, index) => this.#makeSource(source, index));
    this.sources = sources;
    this.context = this.#makeContext();
    const slots = new SlotTable({ arena, layout, sources });
    const frame = this.#makeFrame(slots);
    const { stages } = this;
    const early = new EarlyAnswers(arena, layout);
    this.cascade = this.#makeCascade(slots, early);
    const departures = new Departures({
      slots,
      stages,
      frame,
      emit: () => emit(frame),
      cascade: this.cascade?.answers ?? null,
      auditing: this.cascade?.auditing ?? null,
      keeper: this.cascade?.keeper ?? null,
      trace,
    });
    this.departures = departures;
    this.manager = new Manager({
      arena,
      slots,
      devices,
      sources,
      scheduler: createScheduler(parseSchedule(config.schedule), devices),
      stages,
      departures,
      anchors: new Anchors(slots, early, sources.length, opened.every),
      auditing: this.cascade?.auditing ?? null,
      onBroken: (device, reason) => this.pool.replace(device, reason),
      trace,
    });
  }

  /** Lets go of the arena, once what is to outlive the run is written. Its users must have ended. */
  async release(): Promise<void> {
    await this.cascade?.keeper.finish();
    unrootArena(this.#arena);
  }

  #makeFrame(slots: SlotTable): EmittedFrame {
    const { opened, layout } = this.#options;
    return new EmittedFrame({
      arena: this.#arena,
      layout,
      sources: opened.sources,
      deviceIds: opened.instances.map((instance) => instance.id),
      labels: this.context.labels,
      hold: (slot) => slots.hold(slot),
    });
  }

  #makeCascade(slots: SlotTable, early: EarlyAnswers): CascadeParts | null {
    const { config, opened, layout, outcome } = this.#options;
    const { cascade } = opened;
    if (cascade === null) return null;
    return new CascadeParts({
      arena: this.#arena,
      layout,
      slots,
      early,
      cascade,
      labels: this.context.labels,
      fps: opened.sources.map((source) => footageFps(source, config.fps)),
      auditShare: config.audit,
      frame: this.#makeFrame(slots),
      retrain: config.retrain,
      retrainer: opened.retrainer,
      retrainOut: config.retrainOut ?? config.cascade ?? null,
      runners: this.sources,
      onNote: (text) => outcome.note(text),
    });
  }

  #makePool(): DevicePool {
    const { config, opened, layout, trace, outcome } = this.#options;
    const { instances, sources } = opened;
    return new DevicePool({
      arena: this.#arena,
      layout,
      instances,
      geometry: deliveredGeometry((sources[0] as Source).info),
      latencyGoalMs: config.latency ?? null,
      onLost: (device, seat, hung, reason) => {
        outcome.note(`device ${device.instance.id}: ${reason}`);
        this.manager.deviceLost(device, seat, hung, reason);
      },
      onRestart: ({ instance }) => trace?.event("restart", instance.id),
      onQuarantineEnd: (results) => this.manager.quarantineEnded(results),
      onChange: () => this.#devicesChanged(),
    });
  }

  #devicesChanged(): void {
    const { pool, manager } = this;
    if (!(pool.hasHope || this.#isHopeless)) {
      this.#isHopeless = true;
      const error = noDeviceLeft(pool.devices);
      this.#options.outcome.fail(error);
      manager.abandon(error);
    }
    manager.wake();
  }

  #makeSource(source: Source, index: number): SourceRunner {
    const { config, opened, layout, outcome } = this.#options;
    return new SourceRunner({
      index,
      source,
      arena: this.#arena,
      layout,
      drop: config.drop ?? (source.live ? "oldest" : "never"),
      share: shareOf(source.name, config),
      fps: source.paceFps ?? config.fps ?? null,
      frameLimit: config.frames ?? null,
      resume: opened.resumed.get(source.name) ?? null,
      screen: opened.cascade?.screen ?? null,
      onEnd: (runner) => {
        if (runner.error !== null) outcome.fail(runner.error);
        this.manager.sourceEnded(runner);
      },
    });
  }

  #makeContext(): RunContext {
    const { config, opened, layout, outcome } = this.#options;
    return {
      sources: opened.sources.map((source) => ({
        name: source.name,
        width: source.info.geometry.width,
        height: source.info.geometry.height,
        fps: config.fps ?? source.info.fps ?? FPS_UNKNOWN,
        truthClasses: source.info.truthClasses ?? [],
        fileAt: source.fileAt?.bind(source),
      })),
      devices: opened.instances.map(({ id, kind }) => ({ id, kind })),
      labels: labelsOf(opened),
      arena: this.#arena,
      slotOffsetBytes: (slot) => slotOffset(layout, slot),
      resultOffsetBytes: (result) => resultOffset(layout, result),
      release: (slot) => this.manager.release(slot),
      fail: (error) => {
        outcome.fail(error);
        if (outcome.error !== null) this.manager.fail();
      },
    };
  }
}

/** Frames a second of what is seen: a video that is read faster or slower than it was is the same. */
function footageFps({ info, live }: Source, paceFps: number | undefined): number {
  const fps = info.fps ?? paceFps ?? FPS_UNKNOWN;
  return live ? Math.min(fps, paceFps ?? fps) : fps;
}

/** Class names, class 0 first: the first model's. */
export function labelsOf({ models }: Opened): readonly string[] {
  return models[0]?.spec.labels ?? [];
}
