import { usageError } from "../errors.ts";
import { openDemo } from "./demo.ts";
import { openPictures } from "./image.ts";
import type { SourceOptions } from "./options.ts";
import type { Source } from "./source.ts";
import { resolveSpec, type SourceInput } from "./spec.ts";
import { openStream } from "./stream.ts";
import { openVideo } from "./video.ts";
import { openWebcam } from "./webcam.ts";

/**
 * Opens the source a user named.
 *
 * | argument | source |
 * | --- | --- |
 * | `demo`, `demo:size=640x360:frames=600` | the built-in traffic scene |
 * | `clip.mp4`, `photo.jpg` | a file |
 * | `folder`, `"folder/*.jpg"` | its pictures, in natural order, as one source |
 * | `"folder/*.mp4"` | several: see `openSources` |
 * | `rtsp://…`, `https://…` | a camera or stream |
 * | `webcam:0` | a camera of this machine |
 *
 * Nothing is decoded before `open()` is called on it.
 *
 * @throws {AipError} in category `usage`, where there is no such source or it is none
 *
 * @example
 * ```ts
 * const source = await openSource("clip.mp4", { pipes: { createPipe, closeFd } });
 * ```
 */
export async function openSource(spec: string, options: SourceOptions): Promise<Source> {
  const inputs = await resolveSpec(spec);
  const [only] = inputs;
  if (only !== undefined && inputs.length === 1) return await openInput(only, only.stem, options);
  throw usageError(
    "source-several",
    `"${spec}" means ${inputs.length} sources: one is wanted here`,
  );
}

/**
 * Opens several sources at once. Names are the files' stems; where two are the same the second is
 * named `clip-2`, and so on.
 *
 * @throws {AipError} the first source's, in the order given, that cannot be opened
 */
export async function openSources(
  specs: readonly string[],
  options: SourceOptions,
): Promise<readonly Source[]> {
  const inputs = (await Promise.all(specs.map(resolveSpec))).flat();
  const names = uniqueNames(inputs.map((input) => input.stem));
  const opened = inputs.map((input, index) => openInput(input, names[index] as string, options));
  // All have settled before the first failure is thrown: none goes on in the background.
  const settled = await Promise.allSettled(opened);
  return settled.map((result) => {
    if (result.status === "rejected") throw result.reason;
    return result.value;
  });
}

/** Adds `-2`, `-3` … to names that are taken; pure. */
export function uniqueNames(stems: readonly string[]): string[] {
  const taken = new Set<string>();
  return stems.map((stem) => {
    let name = stem;
    for (let number = 2; taken.has(name); number += 1) name = `${stem}-${number}`;
    taken.add(name);
    return name;
  });
}

async function openInput(
  input: SourceInput,
  name: string,
  options: SourceOptions,
): Promise<Source> {
  switch (input.kind) {
    case "demo":
      return openDemo(input.spec, name, options.frames);
    case "stream":
      return await openStream(input.spec, name, options);
    case "webcam":
      return await openWebcam(input.spec, name, options);
    case "video":
      return await openVideo(input.path, name, options);
    case "pictures":
      return await openPictures(input.paths, { name, spec: input.spec }, options);
  }
}
