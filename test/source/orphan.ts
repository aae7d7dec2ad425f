/**
 * A process to be killed: opens the source named by its argument, says the decoder's process
 * number, and does nothing more.
 */
import { openSource } from "../../src/source/open.ts";
import { pipes } from "./pipes.ts";

const source = await openSource(process.argv[2] as string, { pipes });
await source.open();
const { stdout } = Bun.spawnSync(["pgrep", "-P", String(process.pid), "-x", "ffmpeg"]);
console.log(stdout.toString().trim());
await Bun.sleep(60_000);
