/**
 * Draws the simulated plots of docs/scheduling.md: equal sources give equal files.
 *
 *     bun scripts/plot-scheduling.ts            writes those that have changed
 *     bun scripts/plot-scheduling.ts --check    exits 1 where a committed plot differs
 */
import { join } from "node:path";
import { batchLimit } from "./plots/batch-limit.ts";
import { drift } from "./plots/drift.ts";
import { latencyLoad } from "./plots/latency-load.ts";
import { replicas } from "./plots/replicas.ts";
import { timeline } from "./plots/timeline.ts";

const IMAGES = join(import.meta.dir, "..", "docs", "images");

/** What draws each plot, by the name of its file in `docs/images`. */
export const PLOTS: Readonly<Record<string, () => string>> = {
  "schedule-timeline.svg": timeline,
  "schedule-latency-load.svg": latencyLoad,
  "schedule-drift.svg": drift,
  "schedule-replicas.svg": replicas,
  "schedule-batch-limit.svg": batchLimit,
};

/**
 * Paths of the plots whose text differs from what is drawn now; writes them unless it only checks.
 */
export async function refreshPlots(
  folder: string,
  isCheck: boolean,
  plots: Readonly<Record<string, () => string>> = PLOTS,
): Promise<readonly string[]> {
  const changed: string[] = [];
  for (const [name, draw] of Object.entries(plots)) {
    const path = join(folder, name);
    const file = Bun.file(path);
    const drawn = draw();
    if ((await file.exists()) && (await file.text()) === drawn) continue;
    changed.push(path);
    if (!isCheck) await Bun.write(path, drawn);
  }
  return changed;
}

if (import.meta.main) {
  const options = process.argv.slice(2);
  const unknown = options.find((option) => option !== "--check");
  if (unknown !== undefined) {
    console.error(`"${unknown}" is no option of plot-scheduling: known is --check`);
    process.exit(2);
  }
  const isCheck = options.includes("--check");
  const changed = await refreshPlots(IMAGES, isCheck);
  for (const path of changed) {
    console.error(isCheck ? `${path} is not what its plot draws now` : `wrote ${path}`);
  }
  process.exit(isCheck && changed.length > 0 ? 1 : 0);
}
