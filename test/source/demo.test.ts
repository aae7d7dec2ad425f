import { describe, expect, test } from "bun:test";
import { openDemo, parseDemo } from "../../src/source/demo.ts";
import { testSourceContract } from "./contract.ts";

testSourceContract("the demo scene", async () => openDemo("demo:frames=50", "demo"));

describe("parseDemo()", () => {
  test("has documented defaults", () => {
    expect(parseDemo("demo")).toEqual({
      width: 640,
      height: 360,
      fps: 25,
      paceFps: null,
      frameCount: 600,
      seed: 1,
      density: 1,
      start: 0,
      personShare: -1,
      visitorShare: 0,
      visitorSeconds: 6,
    });
  });

  test("reads every option", () => {
    const spec =
      "demo:size=1280x720:frames=50:fps=29.97:pace=5:seed=7:density=0.5:start=100:persons=0.1";
    expect(parseDemo(spec)).toEqual({
      width: 1280,
      height: 720,
      fps: 29.97,
      paceFps: 5,
      frameCount: 50,
      seed: 7,
      density: 0.5,
      start: 100,
      personShare: 0.1,
      visitorShare: 0,
      visitorSeconds: 6,
    });
    expect(parseDemo("demo:frames=endless").frameCount).toBeNull();
    expect(parseDemo("demo:visitors=0.02:stay=4.5")).toMatchObject({
      visitorShare: 0.02,
      visitorSeconds: 4.5,
    });
  });

  test("leaves the pavements to visitors unless persons are asked for", () => {
    expect(parseDemo("demo:visitors=0.02").personShare).toBe(0);
    expect(parseDemo("demo:visitors=0.02:persons=0.1").personShare).toBe(0.1);
    expect(parseDemo("demo:visitors=0").personShare).toBe(-1);
  });

  test.each([
    ["demo:densty=2", 'unknown option "densty"; did you mean "density"?'],
    ["demo:seed", '"seed" needs a value: seed=…'],
    ["demo:seed=1:seed=2", '"seed" is given twice'],
    ["demo:frames=0", '"frames" is a whole number from 1 to 4294967295 or "endless", not "0"'],
    ["demo:fps=0", '"fps" is a number above 0 to 1000, not "0"'],
    ["demo:fps=-1", '"fps" is a number above 0 to 1000, not "-1"'],
    ["demo:seed=1.5", '"seed" is a whole number from 0 to 4294967295, not "1.5"'],
    ["demo:persons=2", '"persons" is a number from 0 to 1, not "2"'],
    ["demo:visitors=0.6", '"visitors" is a number from 0 to 0.5, not "0.6"'],
    ["demo:visitors=0.1:stay=0.5", '"stay" is a number from 1 to 600, not "0.5"'],
    ["demo:stay=5", '"stay" is how long visitors stay: it needs "visitors" above 0'],
    ["demo:size=640", '"size" is written as 640x360, with sides of 64 to 4096 pixels, not "640"'],
    [
      "demo:",
      'an option is missing after ":" (known: size, frames, fps, pace, seed, density, start, persons, visitors, stay)',
    ],
  ])("%p is refused", (spec, reason) => {
    expect(() => parseDemo(spec)).toThrow(`Cannot open source "${spec}": ${reason}`);
  });
});

describe("openDemo()", () => {
  test("has one segment, ground truth and no decoder", async () => {
    const source = openDemo("demo:seed=3", "demo");
    expect(source).toMatchObject({ name: "demo", spec: "demo:seed=3", live: false });
    expect(source.info).toMatchObject({
      frameCount: 600,
      fps: 25,
      truthClasses: ["vehicle", "person", "cyclist"],
    });
    expect(await source.open()).toMatchObject({ kind: "demo", seed: 3, frameCount: 600 });
    expect(await source.open()).toBeNull();
    expect(await source.finish({ frames: 600, partialBytes: 0 })).toBeNull();
    await source.close();
  });
});
