import { measure } from "mitata";
import { Detection, SlotHeader } from "../src/layout/layout.gen.ts";
import { planeLayout } from "../src/layout/planes.ts";
import { writeGeometry } from "../src/layout/slot-geometry.ts";
import { addressOf, check, library } from "../src/native/library.ts";
import { readAddress } from "../src/native/session.ts";
import { rootArena } from "../src/ring/arena.ts";
import { parseDemo } from "../src/source/demo.ts";
import type { FrameGeometry } from "../src/types.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";

const SIZES = ["640x360", "1280x720", "1920x1080"];
/** Frames a second the smallest size must reach on one core. */
const RATE_MIN = 2000;
const ROUNDS = 5;
/** Frames drawn at a time. */
const FRAMES = 600;

/** Ground-truth records a slot has room for. */
const TRUTH_CAPACITY = 256;

const DRAWN = "drawing the scene";
const COPIED = "copying a frame of the same size";

/** The built-in scene, drawn by one thread straight into a slot. */
export const demo: Benchmark = {
  name: "demo",
  summary: "frames of the built-in scene drawn by one thread, against copying them",
  run,
};

async function run({ quick }: BenchmarkOptions): Promise<Comparison[]> {
  const comparisons: Comparison[] = [];
  for (const size of SIZES) comparisons.push(await drawing(size, quick));
  return comparisons;
}

async function drawing(size: string, quick: boolean): Promise<Comparison> {
  const options = parseDemo(`demo:size=${size}`);
  const geometry: FrameGeometry = {
    width: options.width,
    height: options.height,
    pixelFormat: "yuv420p",
    colorMatrix: "bt601",
    colorRange: "limited",
  };
  const slot = demoSlot(geometry);
  const out = new Uint32Array(new SharedArrayBuffer(8));
  const { width, height, fps, seed, density, personShare } = options;
  check(library().aip_demo_open(width, height, fps, seed, density, personShare, 0, 0, out), "demo");
  const scene = readAddress(out);
  const address = addressOf(slot);
  const frames = quick ? FRAMES / 10 : FRAMES;
  const draw = (): number => {
    const start = performance.now();
    for (let frame = 0; frame < frames; frame += 1) {
      check(library().aip_demo_draw(scene, frame, address), "demo");
    }
    return (frames * 1000) / (performance.now() - start);
  };
  const { sizeBytes } = planeLayout(geometry);
  const pixels = slot.subarray(SlotHeader.sizeBytes, SlotHeader.sizeBytes + sizeBytes);
  const picture = pixels.slice();
  const copy = async (): Promise<number> => {
    const { p50 } = await measure(() => pixels.set(picture), { min_cpu_time: 50e6 });
    return 1e9 / p50;
  };
  if (!quick) draw();
  const ways = await alternate({ [DRAWN]: draw, [COPIED]: copy }, quick ? 1 : ROUNDS);
  library().aip_demo_destroy(scene);
  return compare({
    title: `demo scene ${size} yuv420p`,
    unit: "frames/s",
    better: "higher",
    ways,
    claims: [{ of: DRAWN, to: COPIED }],
    notes: size === SIZES[0] ? [`at least ${RATE_MIN} frames/s are wanted`] : [],
  });
}

/** A slot as the arena has it: header, pixels, room for ground truth. */
function demoSlot(geometry: FrameGeometry): Uint8Array {
  const truthOffset = SlotHeader.sizeBytes + planeLayout(geometry).sizeBytes;
  const sizeBytes = truthOffset + TRUTH_CAPACITY * Detection.sizeBytes;
  const buffer = new SharedArrayBuffer(sizeBytes);
  rootArena(buffer);
  writeGeometry(buffer, 0, geometry);
  const words = new Uint32Array(buffer, 0, SlotHeader.sizeBytes / 4);
  words[SlotHeader.slotBytes / 4] = sizeBytes;
  words[SlotHeader.truthOffsetBytes / 4] = truthOffset;
  words[SlotHeader.truthCapacity / 4] = TRUTH_CAPACITY;
  return new Uint8Array(buffer);
}
