import { describe, expect, test } from "bun:test";
import { permissionsOf, problemsOf } from "../../src/doctor/report.ts";

const library = { path: "/lib.so", failure: null };
const tool = (name: "ffmpeg" | "ffprobe") => ({ name, path: `/bin/${name}`, version: "7.1" });
const video = {
  tools: [tool("ffmpeg"), tool("ffprobe")],
  codecs: ["h264"],
  missing_codecs: [],
  hardware: [],
};

describe("problemsOf()", () => {
  test("finds nothing where all is well", () => {
    expect(problemsOf({ library, video, caches: [], cacheObstacle: null })).toEqual([]);
  });

  test("names everything that should be put right, a folder's damage once", () => {
    const damaged = ["a", "b", "c"].map((name) => ({ path: `/c/${name}`, reason: "it is torn" }));
    const problems = problemsOf({
      library: { path: "/lib.so", failure: "the library is missing" },
      video: {
        ...video,
        tools: [
          { name: "ffmpeg", path: "/bin/ffmpeg", version: null },
          { name: "ffprobe", path: null, version: null },
        ],
        // Of a program that does not run nothing is known.
        missing_codecs: ["hevc"],
      },
      caches: [{ name: "c", path: "/c", entries: 3, bytes: 9, damaged }],
      cacheObstacle: "the cache cannot be written",
    });
    expect(problems).toEqual([
      "the library is missing",
      '"/bin/ffmpeg" does not run',
      '"ffprobe" is not on the PATH: without it only the demo can be decoded',
      "the cache cannot be written",
      '"/c/a", and 2 more in "/c", cannot be used (it is torn): delete what is damaged',
    ]);
  });

  test("names codecs that a whole ffmpeg lacks", () => {
    const lacking = { ...video, missing_codecs: ["hevc", "av1"] };
    expect(problemsOf({ library, video: lacking, caches: [], cacheObstacle: null })).toEqual([
      "this ffmpeg cannot decode hevc, av1",
    ]);
  });
});

describe("permissionsOf()", () => {
  test("lists cameras by the number that opens them, and on a Mac where they are allowed", () => {
    const cameras = [{ index: 0, label: "FaceTime HD Camera" }];
    const [cache, camera] = permissionsOf(null, cameras, "darwin");
    expect(cache).toMatchObject({ name: "cache", granted: true });
    expect(camera?.granted).toBeNull();
    expect(camera?.detail).toStartWith("webcam:0 (FaceTime HD Camera); macOS asks");
    expect(permissionsOf(null, [], "linux")[1]?.detail).toBe("none found");
  });
});
