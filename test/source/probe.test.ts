import { describe, expect, test } from "bun:test";
import { readProbe } from "../../src/source/probe.ts";

const video = {
  codec_type: "video",
  codec_name: "h264",
  width: 768,
  height: 432,
  pix_fmt: "yuv420p",
  avg_frame_rate: "30000/1001",
} as const;

describe("readProbe()", () => {
  test("takes the first video stream that is no cover picture", () => {
    const cover = { ...video, codec_name: "mjpeg", disposition: { attached_pic: 1 } };
    const streams = [{ codec_type: "audio" }, cover, video];
    expect(readProbe({ streams })).toMatchObject({ codec: "h264", width: 768, rotation: 0 });
    expect(readProbe({ streams: streams.slice(0, 2) })).toMatchObject({
      reason: "it has sound but no video",
    });
    expect(readProbe({ streams: [] })).toMatchObject({ reason: "it has no video" });
  });

  test("counts frames from the container, else from duration and rate", () => {
    expect(readProbe({ streams: [{ ...video, nb_frames: "377", duration: "99" }] })).toMatchObject({
      frameCount: 377,
    });
    const probe = readProbe({ streams: [video], format: { duration: "10.01" } });
    expect(probe).toMatchObject({ frameCount: 300, durationS: 10.01 });
    expect(readProbe({ streams: [video] })).not.toHaveProperty("frameCount");
    expect(readProbe({ streams: [{ ...video, nb_frames: "0" }] })).toHaveProperty("reason");
  });

  test("tells frames that cannot be reached from frames that are not there", () => {
    const { pix_fmt: _, ...unread } = video;
    expect(readProbe({ streams: [{ ...unread, nb_frames: "500" }] })).toEqual({
      reason: "none of its 500 frames can be read",
      timedOut: false,
      framesUnread: true,
    });
    expect(readProbe({ streams: [{ ...unread, nb_frames: "0" }] })).not.toHaveProperty(
      "framesUnread",
    );
  });

  test("says when the first frame comes, where something else begins before it", () => {
    const startMs = (stream: string | undefined, format: string | undefined): unknown => {
      const [one, file] = [stream, format].map(
        (time) => time !== undefined && { start_time: time },
      );
      const probe = readProbe({ streams: [{ ...video, ...one }], format: { ...file } });
      return "startMs" in probe ? probe.startMs : undefined;
    };
    expect(startMs("1.9", "1.4")).toBeCloseTo(500, 6);
    expect(startMs("1.4", "1.4")).toBeUndefined();
    expect(startMs("1.4", undefined)).toBeUndefined();
    expect(startMs(undefined, "0")).toBeUndefined();
  });

  test("reads the display matrix's angle, or the tag of older files", () => {
    const rotation = (stream: object): unknown => {
      const probe = readProbe({ streams: [{ ...video, ...stream }] });
      return "rotation" in probe ? probe.rotation : probe;
    };
    expect(rotation({ side_data_list: [{}, { rotation: -90 }] })).toBe(270);
    expect(rotation({ side_data_list: [{ rotation: 180 }] })).toBe(180);
    expect(rotation({ tags: { rotate: "90" } })).toBe(90);
    expect(rotation({ side_data_list: [{ rotation: 12 }] })).toBe(0);
  });

  test("leaves out rates that are a camera's clock", () => {
    const stream = { ...video, avg_frame_rate: "0/0", r_frame_rate: "90000/1" };
    expect(readProbe({ streams: [stream] })).not.toHaveProperty("fps");
    const fallback = { ...video, avg_frame_rate: "0/0", r_frame_rate: "25/1" };
    expect(readProbe({ streams: [fallback] })).toMatchObject({ fps: 25 });
  });
});
