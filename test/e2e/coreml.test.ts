import { afterAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { readFileSync } from "node:fs";
import { auditReport } from "../../src/metrics/report.ts";
import {
  type WrittenFeature,
  type WrittenModel,
  writeModel,
} from "../backend/coreml/model-writer.ts";
import { hasStandIn, STAND_IN, unlessBuilt } from "../backend/coreml/stand-in.ts";
import { COMPARE, hasShared, NANO, referencePath, VIDEOS, videoPath } from "./shared.ts";
import { upTo, Workspace } from "./workspace.ts";

// A network in single precision, over and over, on a machine that may be busy.
setDefaultTimeout(600_000);

const workspace = new Workspace();
afterAll(() => workspace[Symbol.dispose]());

const hasPython = Bun.which("python3") !== null;
const ENVIRONMENT = { AIP_LIBRARY: STAND_IN, AIP_CACHE_DIR: workspace.file("cache") };

/** Both videos have objects by then. */
const FRAME_COUNT = 120;

const IMAGE: WrittenFeature = { name: "images", type: { image: [416, 416], color: "bgr" } };
const ARRAY: WrittenFeature = {
  name: "images",
  type: { array: [1, 3, 416, 416], dtype: "float32" },
};

/** YOLOX-Nano as Core ML has it: its output in half precision, under a name of no meaning. */
const nano = (input: WrittenFeature): WrittenModel => ({
  inputs: [input],
  outputs: [{ name: "var_1365", type: { array: [1, 3549, 85], dtype: "float16" } }],
  standIn: { onnx: NANO },
});

/** Runs a model over the start of a video, and checks that every frame is there, in order. */
async function detect(video: string, model: string, device: string, output: string): Promise<void> {
  const files = `--output ${output} --report ${output}.json --quiet`;
  const options = `--model ${model} --device ${device} --frames ${FRAME_COUNT} ${files}`;
  const { code, stderr } = await workspace.run(`${videoPath(video)} ${options}`, ENVIRONMENT);
  expect(stderr).not.toContain("aip: ");
  expect(code).toBe(0);
  expect(Object.values(await workspace.frames(output))).toEqual([upTo(FRAME_COUNT)]);
  const report = await workspace.report(`${output}.json`);
  expect(auditReport(report)).toEqual([]);
  expect(report.frames).toMatchObject({ emitted: FRAME_COUNT, dropped: 0, failed: 0 });
  for (const { frames } of report.devices) expect(frames).toBeGreaterThan(0);
}

/** The verdict of the reference's own comparison. */
function verdict(video: string, output: string): string {
  const compared = [referencePath(video), workspace.file(output), "--first", String(FRAME_COUNT)];
  const words = Bun.spawnSync(["python3", COMPARE, ...compared])
    .stdout.toString()
    .trim();
  return words.split("\n").at(-1)?.split(";")[0] ?? "";
}

interface Box {
  readonly class_id: number;
  readonly confidence: number;
  readonly xyxy: readonly number[];
}

function boxes(output: string): readonly (readonly Box[])[] {
  const lines = readFileSync(workspace.file(output), "utf8").trimEnd().split("\n");
  return lines.map((line) => (JSON.parse(line) as { detections: Box[] }).detections);
}

describe.skipIf(!hasShared || !hasStandIn)(`aip run on Core ML${unlessBuilt}`, () => {
  test.skipIf(!hasPython).each(VIDEOS)(
    "agrees with the reference on all units at once: %s",
    async (video) => {
      const model = writeModel(workspace.file("nano.mlpackage"), nano(IMAGE));
      const output = `units-${video}.ndjson`;
      await detect(video, model, "ane,gpu,cpu", output);
      const kinds = (await workspace.report(`${output}.json`)).devices.map(({ kind }) => kind);
      expect([...new Set(kinds)].sort()).toEqual(["ane", "cpu", "gpu"]);
      expect(verdict(video, output)).toBe("agree");
    },
  );

  test.skipIf(!hasPython)("would not agree with red and blue exchanged", async () => {
    const [video] = VIDEOS;
    const model = nano(IMAGE);
    const swapped = {
      ...model,
      standIn: { ...model.standIn, input: { channels: "rgb" } },
    } as const;
    await detect(
      video,
      writeModel(workspace.file("swapped.mlpackage"), swapped),
      "cpu",
      "rgb.ndjson",
    );
    expect(verdict(video, "rgb.ndjson")).toBe("DIFFER");
  });

  // Arrays get the very values that the onnx backend gives its network: what is left is rounding.
  test.each([
    // Single precision but for the output: of its 11 bits, a box of 400 pixels loses 0.2.
    ["cpu", 0.002, 0.5],
    ["ane", 0.002, 0.5],
  ] as const)(
    "equals the onnx backend but for half precision on %s",
    async (device, confidenceGap, boxGap) => {
      const [video] = VIDEOS;
      const model = writeModel(workspace.file("arrays.mlpackage"), nano(ARRAY));
      const [ours, theirs] = [`coreml-${device}.ndjson`, `onnx-${device}.ndjson`];
      await detect(video, model, device, ours);
      await detect(video, NANO, "cpu", theirs);
      const seen = boxes(ours);
      const pairs = boxes(theirs).map((frame, index) => [frame, seen[index] ?? []] as const);
      let count = 0;
      for (const [left, right] of pairs) {
        expect(right.map(({ class_id }) => class_id)).toEqual(left.map(({ class_id }) => class_id));
        for (const [index, one] of left.entries()) {
          const other = right[index] as Box;
          expect(Math.abs(one.confidence - other.confidence)).toBeLessThan(confidenceGap);
          for (const [corner, at] of one.xyxy.entries()) {
            expect(Math.abs(at - (other.xyxy[corner] as number))).toBeLessThan(boxGap);
          }
          count += 1;
        }
      }
      expect(count).toBeGreaterThan(50);
    },
  );
});
