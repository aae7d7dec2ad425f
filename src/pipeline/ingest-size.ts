import type { RunConfig } from "../config/run-config.ts";
import { letterboxSize } from "../model/letterbox.ts";
import type { InputSpec } from "../model/preprocess.ts";
import type { Source, SourceInfo } from "../source/source.ts";
import type { PictureSize } from "../types.ts";
import { scalingGain } from "./ingest-cost.ts";
import type { Opened } from "./opened.ts";

/**
 * Scaling cannot pay for less: the scaler reads every pixel, and what it saves is the copies of
 * those it leaves out. At 768×432 → 416×233 (3.4) the difference is within the noise.
 */
const PIXEL_RATIO_MIN = 4;
/** What bringing frames over must cost natively for scaled: less is noise, and not worth it. */
const GAIN_MIN = 1.2;

/** A stage or sink, as far as it matters here. */
export interface PixelReader {
  readonly name: string;
  readonly pixels?: "native" | "none";
  /** The option that asked for it, which people know better than its name. */
  readonly option?: string;
}

export interface IngestWish {
  readonly mode: RunConfig["ingest"];
  /** Stages and sinks. */
  readonly readers: readonly PixelReader[];
  /** Native processor time for scaled, of one source; replaced in tests. */
  readonly gain?: typeof scalingGain;
}

/**
 * Has sources scale their pictures to what the model reads, where that is allowed and pays.
 *
 * @returns what people should know of it, one sentence each
 */
export async function settleIngest(
  opened: Pick<Opened, "sources" | "models">,
  { mode, readers, gain = scalingGain }: IngestWish,
): Promise<readonly string[]> {
  if (mode === "native") return [];
  const notes = new Set<string>();
  const gains = rememberGains(gain, (text) => notes.add(text));
  const input = commonInput(opened.models.map(({ spec }) => spec.input));
  const reader = readers.find(({ pixels }) => pixels !== "none");
  for (const source of opened.sources) {
    const size = input === null ? null : letterboxSize(input, source.info.geometry);
    const reason = refusal(source, size, reader);
    if (reason !== null || size === null) {
      if (mode === "scaled") notes.add(`${source.name}: its frames are not scaled: ${reason}`);
      continue;
    }
    const times = mode === "auto" ? await gainOf(source.info, size, gains) : null;
    if (times !== null && times < GAIN_MIN) continue;
    source.scaleTo?.(size);
    // The sizes stand in the source's own line.
    if (times !== null)
      notes.add(`${source.name}: scaled frames cost ${percent(times)} less to bring over`);
  }
  return [...notes];
}

type Gains = (from: PictureSize, to: PictureSize) => Promise<number>;

/** The one way all models fit pictures in; null where they differ or there is no model. */
function commonInput(inputs: readonly InputSpec[]): InputSpec | null {
  const [first, ...others] = inputs;
  if (first === undefined) return null;
  const { width, height, letterbox } = first;
  const isSame = others.every(
    (one) => one.width === width && one.height === height && one.letterbox === letterbox,
  );
  return isSame ? first : null;
}

/** Why a source's frames cannot be scaled, to complete a sentence; null where they can. */
function refusal(
  source: Source,
  size: PictureSize | null,
  reader: PixelReader | undefined,
): string | null {
  const { width, height } = source.info.geometry;
  if (reader !== undefined) return `${reader.option ?? `"${reader.name}"`} needs them at full size`;
  if (size === null) return "there is no one input size that all devices read";
  if (source.scaleTo === undefined) return "this kind of source has no decoder that could";
  if (size.width > width || size.height > height)
    return "they are smaller than what the model reads";
  return null;
}

/** Asks once for a pair of sizes, also where nothing can be stored. */
function rememberGains(gain: typeof scalingGain, tell: (text: string) => void): Gains {
  const known = new Map<string, Promise<number>>();
  return (from, to) => {
    const key = `${from.width}x${from.height} ${to.width}x${to.height}`;
    const found = known.get(key) ?? gain(from, to, { tell });
    known.set(key, found);
    return found;
  };
}

/** Native processor time for scaled; 0 where it cannot pay and is not measured. */
async function gainOf(
  { geometry, hardware }: SourceInfo,
  size: PictureSize,
  gain: Gains,
): Promise<number> {
  // Its frames would have to be fetched whole before the processor could scale them.
  if (hardware !== undefined) return 0;
  const ratio = (geometry.width * geometry.height) / (size.width * size.height);
  return ratio < PIXEL_RATIO_MIN ? 0 : await gain(geometry, size);
}

function percent(times: number): string {
  return `${Math.round((1 - 1 / times) * 100)} %`;
}
