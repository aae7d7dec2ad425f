import { expect, test } from "bun:test";
import type { InputSpec } from "../../src/model/preprocess.ts";
import { type IngestWish, settleIngest } from "../../src/pipeline/ingest-size.ts";
import type { LoadedModel } from "../../src/pipeline/load-model.ts";
import { ingestText } from "../../src/source/scaled.ts";
import type { Source, SourceInfo } from "../../src/source/source.ts";
import type { FrameGeometry, PictureSize } from "../../src/types.ts";

type Opened = Parameters<typeof settleIngest>[0];

function model(side: number, letterbox: InputSpec["letterbox"] = "top-left"): LoadedModel {
  return { spec: { input: { width: side, height: side, letterbox } } } as LoadedModel;
}

/** A source that does nothing but note the size it is asked for. */
function source(width: number, height: number, extra: Partial<SourceInfo> = {}): Source {
  const geometry: FrameGeometry = {
    ...{ width, height, pixelFormat: "yuv420p" },
    ...{ colorMatrix: "bt601", colorRange: "limited" },
  };
  const made = {
    name: "clip",
    info: { geometry, description: "", ...extra } as SourceInfo,
    scaleTo(size: PictureSize): void {
      made.info = { ...made.info, delivered: { ...geometry, ...size } };
    },
  };
  return made as unknown as Source;
}

/** What the source's frames arrive as, and the notes. */
async function settle(
  sources: readonly Source[],
  wish: Partial<IngestWish> = {},
  models: readonly LoadedModel[] = [model(416)],
): Promise<{ arrives: string; notes: readonly string[] }> {
  const opened = { sources, models } as Opened;
  const pays = (): Promise<number> => Promise.resolve(2);
  const notes = await settleIngest(opened, { mode: "auto", readers: [], gain: pays, ...wish });
  return { arrives: ingestText((sources[0] as Source).info), notes };
}

test("frames are scaled where nobody reads their pixels and it pays, and that is said", async () => {
  const readers = [{ name: "ndjson", pixels: "none" as const }];
  expect(await settle([source(3840, 2160)], { readers })).toEqual({
    arrives: "scaled 3840x2160 → 416x234",
    notes: ["clip: scaled frames cost 50 % less to bring over"],
  });
});

test("native forbids it, without a measurement", async () => {
  const gain = (): Promise<number> => Promise.reject(new Error("measured"));
  const { arrives, notes } = await settle([source(3840, 2160)], { mode: "native", gain });
  expect(arrives).toBe("native 3840x2160");
  expect(notes).toEqual([]);
});

test("a stage or sink that declares nothing is taken to need full-size pixels", async () => {
  const readers = [{ name: "ndjson", pixels: "none" as const }, { name: "crops" }];
  expect((await settle([source(3840, 2160)], { readers })).arrives).toBe("native 3840x2160");
  const forced = await settle([source(3840, 2160)], { readers, mode: "scaled" });
  expect(forced.arrives).toBe("native 3840x2160");
  expect(forced.notes).toEqual([
    'clip: its frames are not scaled: "crops" needs them at full size',
  ]);
});

test("an option that needs pixels is named as people know it", async () => {
  const readers = [{ name: "video", option: "--annotate" }];
  const { notes } = await settle([source(3840, 2160)], { readers, mode: "scaled" });
  expect(notes).toEqual(["clip: its frames are not scaled: --annotate needs them at full size"]);
});

test("sources of one size are measured once, and what is said of that is said once", async () => {
  let asked = 0;
  const gain: IngestWish["gain"] = async (_from, _to, { tell }) => {
    asked += 1;
    tell("not stored");
    return 1.1;
  };
  const sources = [source(3840, 2160), source(3840, 2160), source(1920, 1080)];
  expect((await settle(sources, { gain })).notes).toEqual(["not stored"]);
  expect(asked).toBe(2);
});

test("models of different sizes, or none, leave frames as they are", async () => {
  const native = "native 3840x2160";
  const mode = "scaled";
  const two = [model(416), model(640)];
  expect((await settle([source(3840, 2160)], { mode }, two)).arrives).toBe(native);
  const places = [model(416), model(416, "centre")];
  expect((await settle([source(3840, 2160)], { mode }, places)).arrives).toBe(native);
  expect((await settle([source(3840, 2160)], { mode }, [])).arrives).toBe(native);
  const same = [model(416), model(416)];
  expect((await settle([source(3840, 2160)], { mode }, same)).arrives).toBe(
    "scaled 3840x2160 → 416x234",
  );
});

test("auto leaves small frames, hardware decoders and gains within the noise alone", async () => {
  expect((await settle([source(768, 432)])).arrives).toBe("native 768x432");
  expect((await settle([source(768, 432)], { mode: "scaled" })).arrives).toBe(
    "scaled 768x432 → 416x233",
  );
  const hardware = source(3840, 2160, { hardware: "vaapi" });
  expect((await settle([hardware])).arrives).toBe("native 3840x2160");
  const gain = (): Promise<number> => Promise.resolve(1.1);
  expect((await settle([source(3840, 2160)], { gain })).arrives).toBe("native 3840x2160");
});

test("frames smaller than the model's input are never scaled up", async () => {
  const { arrives, notes } = await settle([source(320, 240)], { mode: "scaled" });
  expect(arrives).toBe("native 320x240");
  expect(notes[0]).toContain("smaller than what the model reads");
});
