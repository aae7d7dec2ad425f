import manifest from "../../package.json" with { type: "json" };
import type { Command } from "./command.ts";
import { calibrate } from "./commands/calibrate.ts";
import { cascade } from "./commands/cascade.ts";
import { completion } from "./commands/completion.ts";
import { devices } from "./commands/devices.ts";
import { doctor } from "./commands/doctor.ts";
import { find } from "./commands/find.ts";
import { models } from "./commands/models.ts";
import { plan } from "./commands/plan.ts";
import { run } from "./commands/run.ts";
import { simulate } from "./commands/simulate.ts";

/** The command line's root. */
export const aip: Command = {
  meta: {
    name: "aip",
    version: manifest.version,
    description: "Video inference on every device of this machine, in order",
  },
  subCommands: {
    run,
    devices,
    doctor,
    models,
    calibrate,
    plan,
    simulate,
    cascade,
    find,
    completion,
  },
  examples: [
    ["aip run", "the built-in demo on every device that helps"],
    ["aip run car.mp4 --model yolox_nano.onnx --annotate out.mp4", "a video of yours"],
    ["aip devices", "what this machine has"],
  ],
};
