import type { RunConfigInput } from "../../config/run-config.ts";
import type { Command, CommandInput } from "../command.ts";

/** `aip run`: the pipeline, from flags to exit code. */
export const run: Command = {
  meta: { name: "aip run", description: "Runs a model over videos, cameras or pictures" },
  args: {
    source: {
      type: "positional",
      required: false,
      description: "Files, folders, globs, URLs, webcam:0, demo[:key=value…] (Default: demo)",
    },
    model: {
      type: "string",
      valueHint: "FILE|NAME",
      description: "ONNX model, or Core ML model on a Mac (Default: the built-in demo model)",
    },
    device: {
      type: "string",
      valueHint: "LIST",
      description:
        "cpu[:threads=N:batch=N:replicas=N], gpu, ane, sim:20ms, auto, all; by commas (Default: auto)",
    },
    schedule: {
      type: "string",
      valueHint: "NAME",
      description:
        "look-ahead (default), earliest-finish, pull, smooth or weighted[:weights=7:3:1]",
    },
    fps: {
      type: "string",
      valueHint: "N",
      description: "Pace the sources (Default: as fast as can be; live rate for cameras)",
    },
    frames: { type: "string", valueHint: "N", description: "Stop after N frames of each source" },
    drop: {
      type: "string",
      valueHint: "POLICY",
      description: "never (default for files), oldest (default for live sources) or newest",
    },
    slots: { type: "string", valueHint: "N", description: "Slots per source" },
    weight: {
      type: "string",
      valueHint: "NAME=N,…",
      description: "Shares of the sources under overload: entrance=3,yard=1 (Default: 1 each)",
    },
    priority: {
      type: "string",
      valueHint: "NAME=N,…",
      description: "Sources of a higher one go first, always (Default: 0)",
    },
    deadline: {
      type: "string",
      valueHint: "MS",
      description: "Drop frames no device has taken by then: 200, or entrance=200 (Default: none)",
    },
    latency: {
      type: "string",
      valueHint: "MS",
      description: "Latency goal of a frame, which limits batches (Default: 4 frames' time)",
    },
    confidence: {
      type: "string",
      valueHint: "X",
      description: "Leave out detections below X, 0 to 1",
    },
    iou: {
      type: "string",
      valueHint: "X",
      description: "Overlap above which the weaker box is dropped, 0 to 1",
    },
    classes: { type: "string", valueHint: "a,b", description: "Only these classes" },
    agnostic: { type: "boolean", description: "Drop overlapping boxes across classes" },
    "input-size": {
      type: "string",
      valueHint: "WxH",
      description: "The model's input size, where the model leaves it open",
    },
    "pixel-format": {
      type: "string",
      valueHint: "NAME",
      description: "yuv420p, nv12, rgb24 or bgr24 (Default: what the decoder gives)",
    },
    hwaccel: {
      type: "string",
      valueHint: "auto|none",
      description: "Hardware decoding (Default: auto)",
    },
    ingest: {
      type: "string",
      valueHint: "auto|native|scaled",
      description: "Frames native, or scaled to what the model reads (Default: auto)",
    },
    cascade: {
      type: "string",
      valueHint: "FILE.aip",
      description: "Answer most frames early, with what aip cascade train wrote",
    },
    audit: {
      type: "string",
      valueHint: "SHARE",
      description: "Share of early answers the model looks at again when idle (Default: 0.005)",
    },
    retrain: {
      type: "string",
      valueHint: "auto|warn|off",
      description: "Where that shows that the cascade has become wrong (Default: auto)",
    },
    "retrain-out": {
      type: "string",
      valueHint: "FILE.aip",
      description: "Where a cascade goes that was trained anew (Default: its own file)",
    },
    output: { type: "string", valueHint: "FILE", description: "Results as NDJSON (- for stdout)" },
    annotate: { type: "string", valueHint: "FILE.mp4", description: "The video with boxes drawn" },
    report: { type: "string", valueHint: "FILE.json", description: "The final report" },
    trace: {
      type: "string",
      valueHint: "FILE.json",
      description: "The timeline of every frame, for Perfetto",
    },
    resume: {
      type: "boolean",
      description: "Go on after the last frame in --output, which an earlier run left",
    },
    supervise: {
      type: "boolean",
      description: "Run in a process of its own; after a crash, go on after the last frame written",
    },
    quiet: { type: "boolean", description: "No progress line" },
    config: {
      type: "string",
      valueHint: "FILE",
      description: "Settings from aip.config.ts, .json or .yaml; flags win",
    },
  },
  operands: "SOURCE…",
  repeatable: ["device", "classes", "weight", "priority", "deadline"],
  completions: {
    device: ["cpu", "gpu", "ane", "sim:20ms", "auto", "all"],
    schedule: ["look-ahead", "earliest-finish", "pull", "smooth", "weighted"],
    drop: ["never", "oldest", "newest"],
    "pixel-format": ["yuv420p", "nv12", "rgb24", "bgr24"],
    hwaccel: ["auto", "none"],
    ingest: ["auto", "native", "scaled"],
    retrain: ["auto", "warn", "off"],
  },
  examples: [
    ["aip run", "the built-in demo on every device that helps"],
    ["aip run car.mp4 --model yolox_nano.onnx --annotate out.mp4", "draw the boxes"],
    ["aip run *.mp4 --output results.ndjson --report report.json", "several videos at once"],
    ["aip run webcam:0 --device cpu,gpu --classes person", "a camera, on two devices"],
    ["aip run demo --device sim:20ms,sim:50ms --frames 1000", "an experiment in scheduling"],
    ["aip run webcam:0 --supervise --output day.ndjson", "survive a crash of native code"],
    ["aip run car.mp4 --output - --quiet | jq .detections", "results to another program"],
  ],
  async execute(input) {
    const { loadRunConfig } = await import("../../config/load.ts");
    const file = input.flags["config"];
    if (file !== undefined) (await import("../own-package.ts")).resolveOwnPackage();
    const config = await loadRunConfig(
      toConfigInput(input),
      flagName,
      typeof file === "string" ? file : undefined,
    );
    if (input.flags["supervise"] === true) {
      const { supervise } = await import("../supervise.ts");
      return supervise(input, config);
    }
    const { runPipeline } = await import("../run-pipeline.ts");
    return runPipeline(config);
  },
};

/** Flags whose values are numbers. */
const NUMBERS: readonly string[] = [
  "fps",
  "frames",
  "slots",
  "latency",
  "confidence",
  "iou",
  "audit",
];
/** Flags that say how the run is started, not what it does. */
const NO_SETTINGS: readonly string[] = ["config", "supervise"];
/** Configuration keys that are not their flag in camel case. */
const KEY_BY_FLAG: Readonly<Record<string, string>> = { device: "devices" };

/** The command line as configuration values; words that are no numbers stay for the check. */
export function toConfigInput({ flags, operands }: CommandInput): RunConfigInput {
  const values: Record<string, unknown> = {};
  for (const [flag, value] of Object.entries(flags)) {
    if (NO_SETTINGS.includes(flag)) continue;
    const key = KEY_BY_FLAG[flag] ?? flag.replace(/-(.)/g, (_, letter) => letter.toUpperCase());
    const isNumber = NUMBERS.includes(flag) && typeof value === "string";
    values[key] = isNumber && DECIMAL.test(value) ? Number(value) : value;
  }
  if (operands.length > 0) values["sources"] = operands;
  return values;
}

const DECIMAL = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;

/** The flag that stands for a configuration key. */
function flagName(key: string): string {
  if (key === "sources") return "SOURCE";
  const flag = Object.entries(KEY_BY_FLAG).find(([, value]) => value === key)?.[0];
  return `--${flag ?? key.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}
