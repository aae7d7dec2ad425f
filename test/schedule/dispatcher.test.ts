import { describe, expect, test } from "bun:test";
import { Dispatcher, type DispatcherOptions } from "../../src/schedule/dispatcher.ts";
import { pull } from "../../src/schedule/pull.ts";
import type { DeviceState, Scheduler } from "../../src/schedule/scheduler.ts";
import { EQUAL_SHARE, type SourceShare } from "../../src/schedule/source-share.ts";
import { state } from "./state.ts";

/** Assigns every frame to the first living device. */
const first: Scheduler = {
  name: "first",
  enter: ({ devices }) => devices.findIndex(({ alive }) => alive),
  next: () => 0,
};

interface Rig {
  readonly dispatcher: Dispatcher;
  readonly devices: readonly DeviceState[];
  /**
   * Lets devices take what they take; says who took which slot, `device:slot`, `+` within calls.
   */
  dispatch(): string;
  /** The device answered all it had. */
  free(device: number): void;
}

function rig(
  scheduler: Scheduler,
  given: readonly Partial<DeviceState>[],
  sources: readonly SourceShare[] = [{ ...EQUAL_SHARE, slots: 16 }],
  options: Partial<DispatcherOptions> = {},
): Rig {
  const { devices } = state(given);
  const taken: string[] = [];
  const dispatcher = new Dispatcher({
    scheduler,
    devices,
    sources,
    isHeldUp: () => true,
    expire: () => undefined,
    give(device, slot, followers) {
      taken.push(`${device}:${slot}`);
      (devices[device] as DeviceState).inFlight += 1;
      if (followers > 0) taken.push("+");
    },
    ...options,
  });
  return {
    dispatcher,
    devices,
    dispatch() {
      dispatcher.dispatch();
      return taken.splice(0).join(" ");
    },
    free(device) {
      (devices[device] as DeviceState).inFlight = 0;
    },
  };
}

describe("Dispatcher", () => {
  test("frames go by arrival, whatever their slots", () => {
    const { dispatcher, dispatch } = rig(pull(), [{ depth: 3 }]);
    for (const slot of [9, 2, 15]) dispatcher.arrive(slot);
    expect(dispatch()).toBe("0:9 0:2 0:15");
  });

  test("devices take one frame each in turn, the quickest first, while they have room", () => {
    const { dispatcher, dispatch } = rig(pull(), [
      { serviceMs: 9, depth: 2 },
      { serviceMs: 1, depth: 3 },
      { serviceMs: 5 },
    ]);
    for (let slot = 0; slot < 9; slot += 1) dispatcher.arrive(slot);
    expect(dispatch()).toBe("1:0 2:1 0:2 1:3 0:4 1:5");
    expect(dispatcher.waiting).toBe(3);
  });

  test("devices that are not alive take nothing", () => {
    const { dispatcher, dispatch } = rig(pull(), [{ alive: false }, {}]);
    dispatcher.arrive(0);
    dispatcher.arrive(1);
    expect(dispatch()).toBe("1:0");
  });

  test("assigned frames wait for their device, and are counted", () => {
    const { dispatcher, devices, dispatch, free } = rig(first, [{}, {}]);
    for (const slot of [4, 3, 2]) dispatcher.arrive(slot);
    expect(devices[0]?.assigned).toBe(3);
    expect(dispatch()).toBe("0:4");
    expect(devices[0]?.assigned).toBe(2);
    free(0);
    expect(dispatch()).toBe("0:3");
  });

  test("what was assigned to a device that has gone keeps its place by arrival", () => {
    const { dispatcher, devices, dispatch, free } = rig(first, [{}, {}]);
    for (const slot of [8, 7]) dispatcher.arrive(slot);
    (devices[0] as DeviceState).alive = false;
    dispatcher.arrive(6); // To the second device, after the others' time of arrival.
    expect(dispatcher.deviceGone(0)).toBe(2);
    expect(devices.map(({ assigned }) => assigned)).toEqual([0, 3]);
    const order: string[] = [];
    for (let turn = 0; turn < 3; turn += 1) {
      order.push(dispatch());
      free(1);
    }
    expect(order).toEqual(["1:8", "1:7", "1:6"]);
  });

  test("how long a device took that has gone is forgotten", () => {
    const { dispatcher, devices } = rig(pull(), [{ serviceMs: 900 }, { serviceMs: 20 }]);
    dispatcher.deviceGone(0);
    expect(devices.map(({ serviceMs }) => serviceMs)).toEqual([0, 20]);
  });

  test("a frame to be tried again goes before the others, and to another device", () => {
    const { dispatcher, dispatch, free } = rig(pull(), [{}, {}]);
    for (const slot of [0, 1, 2]) dispatcher.arrive(slot);
    expect(dispatch()).toBe("0:0 1:1");
    dispatcher.retry(0, 0);
    free(0);
    expect(dispatch()).toBe("0:2");
    free(1);
    expect(dispatch()).toBe("1:0");
  });

  test("but not before a frame that arrived earlier", () => {
    const { dispatcher, devices, dispatch, free } = rig(first, [{}, {}]);
    dispatcher.arrive(7);
    expect(dispatch()).toBe("0:7");
    dispatcher.arrive(8); // Waits for the first device.
    (devices[0] as DeviceState).alive = false;
    dispatcher.arrive(9);
    expect(dispatch()).toBe("1:9");
    (devices[0] as DeviceState).alive = true;
    dispatcher.retry(9, 1);
    free(0);
    expect(dispatch()).toBe("0:8");
    free(0);
    expect(dispatch()).toBe("0:9");
  });

  test("it goes to the same device where there is no other", () => {
    const { dispatcher, devices, dispatch, free } = rig(pull(), [{}, {}]);
    dispatcher.arrive(5);
    expect(dispatch()).toBe("0:5");
    dispatcher.retry(5, 0);
    free(0);
    (devices[1] as DeviceState).alive = false;
    expect(dispatch()).toBe("0:5");
  });

  test("what waits for anybody goes before what was assigned later", () => {
    const { dispatcher, devices, dispatch, free } = rig(first, [{}]);
    (devices[0] as DeviceState).alive = false;
    dispatcher.arrive(4); // Nobody is there to be assigned to.
    (devices[0] as DeviceState).alive = true;
    dispatcher.arrive(5);
    expect(dispatcher.waiting).toBe(1);
    expect(dispatch()).toBe("0:4");
    free(0);
    expect(dispatch()).toBe("0:5");
  });

  test("takeOldest() takes a source's oldest frame, wherever it waits", () => {
    const sources: Scheduler = {
      name: "every other",
      enter: ({ devices }) => ((devices[0]?.assigned ?? 0) === 0 ? 0 : -1),
      next: () => 0,
    };
    const { dispatcher, devices } = rig(
      sources,
      [{}],
      [
        { ...EQUAL_SHARE, slots: 4 },
        { ...EQUAL_SHARE, slots: 12 },
      ],
    );
    for (const slot of [9, 3, 2, 8]) dispatcher.arrive(slot);
    expect(dispatcher.takeOldest(0)).toBe(3);
    expect(dispatcher.takeOldest(1)).toBe(9);
    expect(devices[0]?.assigned).toBe(0);
    expect(dispatcher.takeOldest(0)).toBe(2);
    expect(dispatcher.takeOldest(0)).toBe(-1);
    expect(dispatcher.waiting).toBe(1);
  });

  test("sources take turns, whoever came first", () => {
    const { dispatcher, dispatch, free } = rig(
      pull(),
      [{}],
      [
        { ...EQUAL_SHARE, slots: 8 },
        { ...EQUAL_SHARE, slots: 8 },
      ],
    );
    for (const slot of [0, 1, 2, 3, 8, 9, 10, 11]) dispatcher.arrive(slot);
    const order = Array.from({ length: 8 }, () => {
      free(0);
      return Number(dispatch().split(":")[1]);
    });
    expect(order.filter((slot) => slot < 8)).toEqual([0, 1, 2, 3]);
    const turns = order.map((slot) => (slot < 8 ? "A" : "B")).join("");
    expect(turns).not.toMatch(/AAA|BBB/);
  });

  test("frames beyond their deadline are let go of before any device takes one", () => {
    const expired: number[] = [];
    const { dispatcher, dispatch, free } = rig(
      pull(),
      [{}],
      [{ ...EQUAL_SHARE, slots: 4, deadlineMs: 100 }],
      { expire: (slot) => expired.push(slot) },
    );
    dispatcher.nowMs = 40;
    dispatcher.arrive(0, 0);
    dispatcher.arrive(1, 10);
    dispatcher.arrive(2, 40);
    dispatcher.nowMs = 100;
    expect(dispatch()).toBe("0:0");
    dispatcher.nowMs = 111;
    dispatcher.retry(0, 0); // A device had it in time.
    free(0);
    expect(dispatch()).toBe("0:0");
    expect(expired).toEqual([1]);
    free(0);
    expect(dispatch()).toBe("0:2");
  });

  test("lastHeldUp is the last frame of a source that has no slot free", () => {
    let heldUp: readonly number[] = [];
    const { dispatcher } = rig(
      pull(),
      [{ alive: false }],
      [
        { ...EQUAL_SHARE, slots: 4 },
        { ...EQUAL_SHARE, slots: 4, priority: -1 },
      ],
      { isHeldUp: (source) => heldUp.includes(source) },
    );
    for (const slot of [4, 5, 0, 1, 2]) dispatcher.arrive(slot);
    expect(dispatcher.lastHeldUp).toBe(-1);
    heldUp = [0];
    expect(dispatcher.lastHeldUp).toBe(2);
    heldUp = [1];
    expect(dispatcher.lastHeldUp).toBe(4);
    heldUp = [0, 1];
    expect(dispatcher.lastHeldUp).toBe(4);
  });

  test("takeAny() takes everything that waits", () => {
    const { dispatcher, dispatch } = rig(pull(), [{}]);
    for (const slot of [0, 1, 2]) dispatcher.arrive(slot);
    expect(dispatch()).toBe("0:0");
    dispatcher.retry(0, 0);
    expect(Array.from({ length: 4 }, () => dispatcher.takeAny())).toEqual([0, 1, 2, -1]);
  });

  const quad = { batch: 4, batchCost: 0.25, serviceMs: 20 };

  test("a device takes several frames in one call, all that wait up to its batch", () => {
    const { dispatcher, dispatch, free } = rig(pull(), [quad]);
    for (const slot of [9, 8, 7, 6, 5, 4]) dispatcher.arrive(slot);
    expect(dispatch()).toBe("0:9 + 0:8 + 0:7 + 0:6");
    expect(dispatch()).toBe("");
    free(0);
    expect(dispatch()).toBe("0:5 + 0:4");
  });

  test("it does not wait for more, and takes none that come while it is busy", () => {
    const { dispatcher, dispatch } = rig(pull(), [quad]);
    dispatcher.arrive(1);
    expect(dispatch()).toBe("0:1");
    dispatcher.arrive(2);
    expect(dispatch()).toBe("");
  });

  test("devices that are free together share", () => {
    const { dispatcher, dispatch } = rig(pull(), [quad, quad]);
    for (const slot of [0, 1, 2, 3]) dispatcher.arrive(slot);
    expect(dispatch()).toBe("0:0 + 0:1 1:2 + 1:3");
  });

  test("assigned frames go together too, and are counted", () => {
    const { dispatcher, devices, dispatch } = rig(first, [quad]);
    for (const slot of [5, 4, 3, 2, 1]) dispatcher.arrive(slot);
    expect(dispatch()).toBe("0:5 + 0:4 + 0:3 + 0:2");
    expect(devices[0]?.assigned).toBe(1);
  });

  test("a call holds the frames behind the one the policy chose", () => {
    const third: Scheduler = { name: "third", enter: () => -1, next: () => 2 };
    const { dispatcher, dispatch } = rig(third, [{ ...quad, batch: 2 }]);
    for (const slot of [0, 1, 2, 3, 4]) dispatcher.arrive(slot);
    expect(dispatch()).toBe("0:2 + 0:3");
    expect(dispatcher.waiting).toBe(3);
  });

  test("a frame that is tried again goes alone", () => {
    const { dispatcher, dispatch, free } = rig(pull(), [quad]);
    for (const slot of [0, 1, 2, 3]) dispatcher.arrive(slot);
    dispatch();
    for (const slot of [0, 1, 2, 3]) dispatcher.retry(slot, 0);
    const order: string[] = [];
    for (let turn = 0; turn < 4; turn += 1) {
      free(0);
      order.push(dispatch());
    }
    expect(order).toEqual(["0:0", "0:1", "0:2", "0:3"]);
  });
});
