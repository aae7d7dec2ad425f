import { describe, expect, test } from "bun:test";
import { LogTail, redact } from "../../src/source/diagnosis.ts";
import { type Ending, judgeEnding } from "../../src/source/ending.ts";

/** What ffmpeg 5.1 prints for an MP4 that was cut in the middle. */
const CUT_MP4 = `[NULL @ 0x55f8bd5d92c0] [error] Invalid NAL unit size (278 > 214).
[error] Error while decoding stream #0:0: Invalid data found when processing input
[mov,mp4,m4a,3gp,3g2,mj2 @ 0x55f8bd5d8380] [error] stream 0, offset 0xeaa0: partial file
`;

function ending(part: Partial<Ending["exit"]>, rest: Partial<Ending> = {}): Ending {
  const log = { cutShort: undefined, hungUp: false, last: undefined };
  const exit = { code: 0, signal: null, stopped: false, log, ...part };
  return { spec: "a.mp4", frames: 7, partialBytes: 0, cutShort: false, ...rest, exit };
}

function logOf(text: string): LogTail {
  const log = new LogTail();
  log.push(text);
  log.end();
  return log;
}

describe("judgeEnding()", () => {
  test.each([
    ["all was read", ending({}), null],
    ["we ended it", ending({ stopped: true, code: 255 }), null],
    [
      "its reader hung up",
      ending({ code: 1, log: logOf("[error] av_interleaved_write_frame(): Broken pipe\n") }),
      null,
    ],
    [
      "it was killed",
      ending({ code: null, signal: "SIGKILL" }),
      'Reading "a.mp4" broke off after 7 frames: ffmpeg was ended by SIGKILL',
    ],
    [
      "the input was cut",
      ending({ log: logOf(CUT_MP4) }, { frameCount: 61 }),
      '"a.mp4" is cut short after 7 of 61 frames: the file is incomplete',
    ],
    [
      "the container says that its end is missing",
      ending({}, { cutShort: true }),
      '"a.mp4" is cut short after 7 frames: the file is incomplete',
    ],
    [
      "the server fell silent",
      ending({ log: logOf("[error] http://h/a.mp4: Connection timed out\n") }, { frameCount: 9 }),
      '"a.mp4" is cut short after 7 of 9 frames: http://h/a.mp4: Connection timed out',
    ],
    [
      "ffmpeg failed",
      ending({ code: 1, log: logOf("[error] Conversion failed!\n") }),
      'Reading "a.mp4" broke off after 7 frames: Conversion failed!',
    ],
    ["there was no frame", ending({}, { frames: 0 }), '"a.mp4" has no frame that can be decoded'],
    [
      "a frame is incomplete",
      ending({}, { partialBytes: 5 }),
      'Reading "a.mp4" broke off inside the frame after 7 frames',
    ],
  ] as const)("%s", (_, given, message) => {
    expect(judgeEnding(given)?.message ?? null).toBe(message);
  });
});

describe("LogTail", () => {
  test("counts lines that arrive in pieces and strips ffmpeg's prefixes", () => {
    for (const pieceLength of [1, 7, 1000]) {
      const log = new LogTail();
      for (let start = 0; start < CUT_MP4.length; start += pieceLength) {
        log.push(CUT_MP4.slice(start, start + pieceLength));
      }
      log.end();
      expect(log.errorCount).toBe(3);
      expect(log.last).toBe("the file is incomplete");
      expect(log.cutShort).toBe("the file is incomplete");
    }
  });
});

describe("redact()", () => {
  test("takes user names and passwords out of every URL", () => {
    expect(redact('rtsp://admin:p@ss@cam/1: refused; "http://u@h/a@b"')).toBe(
      'rtsp://cam/1: refused; "http://h/a@b"',
    );
  });
});
