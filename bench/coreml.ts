import { join } from "node:path";
import { measure } from "mitata";
import type { DeviceInstance } from "../src/backend/backend.ts";
import { unitName } from "../src/backend/coreml/devices.ts";
import { openSession } from "../src/backend/open.ts";
import { drawPictures } from "../src/doctor/pictures.ts";
import { planUnits } from "../src/doctor/units.ts";
import { AipError } from "../src/errors.ts";
import { Status } from "../src/layout/layout.gen.ts";
import { coreMlInfo } from "../src/native/coreml.ts";
import { addressOf } from "../src/native/library.ts";
import { PAYLOAD_OFFSET, rootArena } from "../src/ring/arena.ts";
import type { Benchmark, BenchmarkOptions, Comparison } from "./benchmark.ts";
import { alternate, compare } from "./comparison.ts";

const MODELS = join(import.meta.dir, "../models");
const ROUNDS = 5;
const CPU_NS = 300e6;
const QUICK_CPU_NS = 30e6;

const ONNX = "ONNX Runtime, one thread";

/** The demo detector on each of Core ML's units: from a decoder's frame to its detections. */
export const coreml: Benchmark = {
  name: "coreml",
  summary: "demo detector on each Core ML unit, one instance, against ONNX Runtime",
  run,
};

/** A way, and what ends it. */
interface Subject {
  readonly name: string;
  readonly run: () => void;
  readonly close: () => void;
}

async function run({ quick, progress }: BenchmarkOptions): Promise<Comparison[]> {
  const [picture] = await drawPictures();
  if (picture === undefined) throw new TypeError("drawPictures: no picture");
  const { units, failure } = coreMlInfo();
  const notes = failure === null ? [] : [`without Core ML: ${failure}`];
  const onnx = await subject(ONNX, "demo.onnx", "cpu:threads=1:replicas=1", picture);
  const subjects = [onnx];
  for (const unit of units) {
    const name = `Core ML, ${unitName(unit)}`;
    progress(name);
    try {
      subjects.push(await subject(name, "demo.mlpackage", unit, picture));
    } catch (error) {
      if (!(error instanceof AipError)) throw error;
      notes.push(`without ${name}: ${error.message}`);
    }
  }
  const p50Ms = async (work: () => void): Promise<number> => {
    const { p50 } = await measure(work, { min_cpu_time: quick ? QUICK_CPU_NS : CPU_NS });
    return p50 / 1e6;
  };
  const works = subjects.map(({ name, run }) => [name, () => p50Ms(run)] as const);
  const ways = await alternate(Object.fromEntries(works), quick ? 1 : ROUNDS);
  for (const { close } of subjects) close();
  const claims = subjects.slice(1).map(({ name }) => ({ of: name, to: ONNX }));
  return [
    compare({
      title: "demo detector, one frame after the other",
      unit: "ms a frame",
      better: "lower",
      ways,
      claims,
      notes,
    }),
  ];
}

async function subject(
  name: string,
  file: string,
  device: string,
  picture: Uint8Array,
): Promise<Subject> {
  const model = join(MODELS, file);
  const { plan } = await planUnits({ model, inputSize: null, devices: [device] });
  const { task } = plan(device)[0] as DeviceInstance;
  const stop = new SharedArrayBuffer(4);
  rootArena(stop);
  const session = openSession(task, addressOf(new Uint8Array(stop)));
  const block = new SharedArrayBuffer(PAYLOAD_OFFSET + session.payloadBytes);
  rootArena(block);
  const [slot, answer] = [addressOf(picture), addressOf(new Uint8Array(block))];
  return {
    name,
    run: () => {
      if (session.run(slot, answer) < Status.ok) throw new Error(session.lastError());
    },
    close: () => session.close(),
  };
}
