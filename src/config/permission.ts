import { accessSync, constants } from "node:fs";

const MODES = { read: constants.R_OK, write: constants.W_OK };

/** Whether this process may read, or write, what is at a path. */
export function mayAccess(path: string, how: "read" | "write"): boolean {
  try {
    accessSync(path, MODES[how]);
    return true;
  } catch {
    return false;
  }
}
