import { afterAll, beforeAll, expect, test } from "bun:test";
import { closeSync, constants, mkdtempSync, openSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DeviceInstance, SessionTask } from "../../src/backend/backend.ts";
import { DevicePool, SEATS_PER_DEVICE } from "../../src/pipeline/device-pool.ts";
import { allocateArena, layoutArena, rootArena, unrootArena } from "../../src/ring/arena.ts";
import type { FrameGeometry } from "../../src/types.ts";
import { fixtureTask } from "../backend/fixture-task.ts";

const geometry: FrameGeometry = {
  width: 64,
  height: 48,
  pixelFormat: "rgb24",
  colorMatrix: "bt601",
  colorRange: "full",
};
const layout = layoutArena({
  sources: [{ slotCount: 2, pixelBytes: 64 * 48 * 3, truthCapacity: 0 }],
  seatCount: SEATS_PER_DEVICE,
  payloadBytes: 0,
});
const simulated: SessionTask = {
  model: null,
  onnxRuntimePath: null,
  simulated: { serviceMs: 0, cv: 0, seed: 1, fail: 0, hangAt: null, dieAt: null, slowAt: [] },
};

let folder = "";
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aip-pool-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

test("DevicePool takes out a device whose fresh workers hang before their first frame", async () => {
  // Opening a pipe that nobody writes to blocks for ever, inside native code.
  const model = join(folder, "endless.onnx");
  Bun.spawnSync(["mkfifo", model]);
  const real = fixtureTask("yolox-coco");
  const hanging = {
    ...real,
    model: { ...(real.model as NonNullable<typeof real.model>), path: model },
  };
  let starts = 0;
  const instance: DeviceInstance = {
    ...{ id: "sim-0", kind: "sim", description: "", weight: 1, expectedMs: 0 },
    get task(): SessionTask {
      starts += 1;
      return starts === 1 ? simulated : hanging;
    },
  };
  const arena = allocateArena(layout, Number.POSITIVE_INFINITY);
  rootArena(arena);
  const lost: string[] = [];
  const out = Promise.withResolvers<void>();
  const pool: DevicePool = new DevicePool({
    ...{ arena, layout, instances: [instance], geometry, latencyGoalMs: null, startLimitMs: 50 },
    onLost: (_, __, hung, reason) => lost.push(`${hung ? "hung" : "gone"}: ${reason}`),
    onQuarantineEnd: () => undefined,
    onChange: () => {
      if (!pool.hasHope) out.resolve();
    },
  });
  await pool.start();
  const [device] = pool.devices;
  if (device === undefined) throw new Error("There is no device");
  // Starting took as long as this machine needed; twenty times that is too long for a test.
  device.firstStartMs = 1;
  pool.replace(device, "gave nothing but errors");
  await out.promise;
  expect(starts).toBe(4);
  expect(lost).toEqual([
    "hung: gave nothing but errors",
    ...Array.from({ length: 3 }, () => "hung: did not start again within 0.1 s"),
  ]);
  expect(device.outReason).toBe("did not start again within 0.1 s, after 3 restarts in a minute");
  // A writer that comes and goes lets the blocked threads go on, and end.
  closeSync(openSync(model, constants.O_RDWR | constants.O_NONBLOCK));
  await pool.stop();
  unrootArena(arena);
}, 60_000);
