import { describe, expect, test } from "bun:test";
import {
  listWebcams,
  openWebcam,
  parseAvfoundationList,
  permissionHint,
  webcamInput,
} from "../../src/source/webcam.ts";
import { hasFfmpeg } from "./media.ts";
import { pipes } from "./pipes.ts";

/** As libavdevice/avfoundation.m of ffmpeg writes it: no Mac has been seen here. */
const LIST = `[AVFoundation indev @ 0x7f9a] AVFoundation video devices:
[AVFoundation indev @ 0x7f9a] [0] FaceTime HD Camera
[AVFoundation indev @ 0x7f9a] [1] USB Camera #2
[AVFoundation indev @ 0x7f9a] [2] Capture screen 0
[AVFoundation indev @ 0x7f9a] AVFoundation audio devices:
[AVFoundation indev @ 0x7f9a] [0] MacBook Pro Microphone
: Input/output error
`;

describe("parseAvfoundationList()", () => {
  test("takes cameras, not screens and microphones", () => {
    expect(parseAvfoundationList(LIST)).toEqual([
      { index: 0, label: "FaceTime HD Camera" },
      { index: 1, label: "USB Camera #2" },
    ]);
  });
});

test("permissionHint() names the setting that keeps a camera from a Mac's terminal", () => {
  expect(permissionHint("darwin")).toContain("Privacy & Security, Camera");
  expect(permissionHint("linux")).toBe("");
});

describe("webcamInput()", () => {
  test("names the camera as each system does", () => {
    expect(webcamInput(1, "linux")).toEqual(["-f", "v4l2", "-i", "/dev/video1"]);
    expect(webcamInput(1, "darwin").slice(-2)).toEqual(["-i", "1:none"]);
  });
});

describe.skipIf(!hasFfmpeg)("openWebcam()", () => {
  test("a camera that is not there is refused, naming those that are", async () => {
    const webcams = await listWebcams();
    const expected =
      webcams.length === 0 ? "this machine has no camera" : `known: webcam:${webcams[0]?.index}`;
    const opened = openWebcam("webcam:999", "webcam-999", { pipes });
    await expect(opened).rejects.toMatchObject({
      code: "webcam-missing",
      category: "usage",
      message: expect.stringContaining(expected),
    });
  });

  test("says how it is written", async () => {
    for (const spec of ["webcam", "webcam:", "webcam:front", "webcam:-1"]) {
      await expect(openWebcam(spec, "webcam", { pipes })).rejects.toThrow('write it as "webcam:0"');
    }
  });
});
