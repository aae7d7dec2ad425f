import type { StreamProbe } from "../source/geometry.ts";
import { probeVideo } from "../source/video.ts";

/** What ffprobe says of videos: of each it is asked once. */
export class VideoProbes {
  readonly #asked = new Map<string, Promise<StreamProbe>>();

  /**
   * @param signal ends the asking at once
   * @throws {AipError} `source-unreadable` where it is no video
   */
  of(path: string, signal: AbortSignal): Promise<StreamProbe> {
    const asked = this.#asked.get(path) ?? probeVideo(path, signal);
    this.#asked.set(path, asked);
    return asked;
  }
}
