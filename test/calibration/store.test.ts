import { afterAll, describe, expect, test } from "bun:test";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { differences } from "../../src/calibration/key-differences.ts";
import {
  calibrationPath,
  checkStorable,
  findCalibration,
  storeCalibration,
} from "../../src/calibration/store.ts";
import type { CalibrationKey } from "../../src/schedule/calibration.ts";
import { candidate, sampleCalibration, sampleKey } from "../schedule/sample-calibration.ts";

const ROOT = mkdtempSync(join(tmpdir(), "aip-store-"));
afterAll(() => rmSync(ROOT, { recursive: true, force: true }));

let count = 0;
const folderOfItsOwn = (): string => join(ROOT, String(count++));

/** Puts a text where the calibration of the sample key is looked for. */
function place(folder: string, text: string): void {
  const path = calibrationPath(sampleKey, "nano", folder);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

describe("findCalibration()", () => {
  test("finds what was stored, and nothing else is left beside it", async () => {
    const folder = folderOfItsOwn();
    const sample = sampleCalibration();
    const path = await storeCalibration(sample, "nano", folder);
    expect(await findCalibration(sampleKey, "nano", folder)).toEqual({
      calibration: sample,
      ignored: null,
    });
    expect(readdirSync(dirname(path))).toHaveLength(1);
  });

  test("a later one replaces it", async () => {
    const folder = folderOfItsOwn();
    await storeCalibration(sampleCalibration({ quick: true }), "nano", folder);
    await storeCalibration(sampleCalibration({ quick: false }), "nano", folder);
    const { calibration } = await findCalibration(sampleKey, "nano", folder);
    expect(calibration?.quick).toBe(false);
  });

  test("says nothing where there is none", async () => {
    expect(await findCalibration(sampleKey, "nano", folderOfItsOwn())).toEqual({
      calibration: null,
      ignored: null,
    });
  });

  test.each([
    ["", "it is no JSON, or cut short"],
    [JSON.stringify(sampleCalibration()).slice(0, 300), "it is no JSON, or cut short"],
    ["{}", 'its "format" makes no sense'],
  ])("ignores a corrupt file, and says why", async (text, reason) => {
    const folder = folderOfItsOwn();
    place(folder, text);
    const { calibration, ignored } = await findCalibration(sampleKey, "nano", folder);
    expect(calibration).toBeNull();
    expect(ignored).toContain(`cannot be used: ${reason}`);
  });

  test.each([
    [{ cpu: "Other 1", cores: 64 }, "another machine (Other 1, 64 cores)"],
    [{ model_sha256: "cd".repeat(32) }, "another model"],
    [{ input_size: "640x640" }, "input size 640x640"],
    [{ aip: "9.9.9" }, "is of another version (aip 9.9.9)"],
    [{ onnx_runtime: "1.29.0" }, "is of another version (ONNX Runtime 1.29.0)"],
    [
      { layout: "ffffffff" },
      "is of another build of aip 0.1.0 (binary layout ffffffff, not 01234567)",
    ],
    [{ platform: "darwin x64" }, "another system (darwin x64)"],
    [
      { devices: [...sampleKey.devices, "gpu: llvmpipe"] },
      "is of this machine as it was with gpu: llvmpipe, which it has no more",
    ],
    [
      { devices: [] },
      "is of this machine as it was without cpu: ONNX Runtime 1.30.0 CPU on 2 cores, which it has now",
    ],
  ] as const)("ignores a file put in its place that is of %p", async (changes, reason) => {
    const folder = folderOfItsOwn();
    place(folder, JSON.stringify(sampleCalibration({ key: { ...sampleKey, ...changes } })));
    const { calibration, ignored } = await findCalibration(sampleKey, "nano", folder);
    expect(calibration).toBeNull();
    expect(ignored).toContain(reason);
  });

  test.each([
    ["sim:20ms:replicas=1", 'it names "sim:20ms:replicas=1", which this machine does not have'],
    ["gpu:replicas=1", "which this machine does not have"],
    ["banana", 'it names "banana", which is no device'],
    ["cpu:threads=99:replicas=1", "more threads than the 2 cores there are"],
    ["cpu:threads=1:replicas=9", 'its instances are not those of "cpu:threads=1:replicas=9"'],
    ["cpu", 'its instances are not those of "cpu"'],
    ["cpu:batch=4:replicas=1", "its instances are not those of"],
  ])("ignores a file that chooses %s", async (devices, reason) => {
    const folder = folderOfItsOwn();
    const kind = devices.split(":")[0] ?? "";
    const candidates = [candidate(devices, { fps: [50, 1], kind })];
    const chosen = { throughput: devices, latency: devices };
    place(folder, JSON.stringify(sampleCalibration({ candidates, chosen })));
    const { calibration, ignored } = await findCalibration(sampleKey, "nano", folder);
    expect(calibration).toBeNull();
    expect(ignored).toContain(reason);
  });

  test("ignores a file that left out what is no device", async () => {
    const folder = folderOfItsOwn();
    const leftOut = [{ devices: "banana", reason: "ripe" }];
    place(folder, JSON.stringify(sampleCalibration({ left_out: leftOut })));
    const { ignored } = await findCalibration(sampleKey, "nano", folder);
    expect(ignored).toContain('it names "banana"');
  });

  test("says so where the same model was calibrated on another machine", async () => {
    const folder = folderOfItsOwn();
    const key: CalibrationKey = { ...sampleKey, cpu: "Other 1" };
    await storeCalibration(sampleCalibration({ key }), "nano", folder);
    const { calibration, ignored } = await findCalibration(sampleKey, "nano", folder);
    expect(calibration).toBeNull();
    expect(ignored).toContain("another machine (Other 1, 2 cores)");
  });

  test("files of other models are nothing to it", async () => {
    const folder = folderOfItsOwn();
    const key: CalibrationKey = { ...sampleKey, model_sha256: "cd".repeat(32) };
    await storeCalibration(sampleCalibration({ key }), "nano", folder);
    expect((await findCalibration(sampleKey, "nano", folder)).ignored).toBeNull();
  });
});

describe("checkStorable()", () => {
  test("leaves nothing behind, of folders made above it neither", async () => {
    const folder = folderOfItsOwn();
    await checkStorable(join(folder, "new", "cache"));
    expect(existsSync(folder)).toBe(false);
  });

  test("leaves what was there", async () => {
    const folder = folderOfItsOwn();
    const path = await storeCalibration(sampleCalibration(), "nano", folder);
    await checkStorable(folder);
    expect(existsSync(path)).toBe(true);
  });

  test("names a folder that cannot be made in one sentence, without the system's call", async () => {
    const folder = folderOfItsOwn();
    writeFileSync(folder, "in the way");
    const refused = checkStorable(folder);
    await expect(refused).rejects.toMatchObject({ code: "calibration-unwritable" });
    await expect(refused).rejects.toThrow(
      `Cannot store a calibration in "${join(folder, "calibrations")}": not a directory; ` +
        "name a folder that can be written by AIP_CACHE_DIR",
    );
  });
});

describe("storeCalibration()", () => {
  test("a folder that cannot be made is named", async () => {
    const folder = folderOfItsOwn();
    writeFileSync(folder, "in the way");
    await expect(storeCalibration(sampleCalibration(), "nano", folder)).rejects.toMatchObject({
      code: "calibration-unwritable",
      message: expect.stringContaining(folder),
    });
    expect(readFileSync(folder, "utf8")).toBe("in the way");
  });
});

test("differences() of equal keys are none", () => {
  expect(differences(sampleKey, { ...sampleKey })).toEqual([]);
});

test("differences() of another ONNX Runtime do not name the devices it describes otherwise", () => {
  const devices = ["cpu: ONNX Runtime 1.29.0 CPU on 2 cores"];
  expect(differences({ ...sampleKey, devices, onnx_runtime: "1.29.0" }, sampleKey)).toEqual([
    "another version (ONNX Runtime 1.29.0)",
  ]);
});
