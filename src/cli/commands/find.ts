import type { Command } from "../command.ts";
import { CASCADE_MODEL, DEVICE, DEVICE_WORDS, QUIET } from "./cascade-arguments.ts";

/** `aip find`: when stored videos show something. */
export const find: Command = {
  meta: {
    name: "aip find",
    description: "Says when stored videos show something, by a cascade trained for their camera",
  },
  args: {
    class: { type: "positional", description: "What the cascade was trained for, such as person" },
    video: { type: "positional", required: false, description: "Video files, or globs of them" },
    cascade: { type: "string", valueHint: "FILE", description: "The camera's cascade" },
    model: CASCADE_MODEL,
    device: DEVICE,
    gap: {
      type: "string",
      valueHint: "S",
      description: "Absences of up to S seconds do not end an interval (Default: 1)",
    },
    shortest: {
      type: "string",
      valueHint: "S",
      description: "Leave out intervals shorter than S seconds (Default: 0.2)",
    },
    clips: { type: "string", valueHint: "DIR", description: "Write a clip of each interval" },
    sheet: {
      type: "string",
      valueHint: "FILE.jpg",
      description: "Write a contact sheet: a picture of each interval, with boxes",
    },
    json: { type: "boolean", description: "Print JSON, a line for each video" },
    quiet: QUIET,
  },
  operands: "VIDEO…",
  repeatable: ["device"],
  completions: { device: DEVICE_WORDS },
  examples: [
    ["aip find person day.mp4 --cascade door.aip", "when somebody was there"],
    ["aip find person *.mp4 --cascade door.aip --sheet day.jpg", "and a picture of each time"],
    ["aip find person day.mp4 --cascade door.aip --clips out", "and a clip of each time"],
  ],
  async execute(input) {
    const { readFindRequest } = await import("../find-options.ts");
    const request = await readFindRequest(input);
    const { runFind } = await import("../find.ts");
    return runFind(request);
  },
};
