/** The supervised process's side: what it is told by the one that watches it. */

/** Environment variable with the ends of the processes before this one, by commas. */
export const CRASHES_VARIABLE = "AIP_CRASHES";

/** How the processes ended that ran this before; empty where nobody supervises. */
export function supervisedCrashes(): readonly string[] {
  const text = process.env[CRASHES_VARIABLE] ?? "";
  return text === "" ? [] : text.split(",");
}

/**
 * Calls `listener` when the supervising process ends before this one, however it ends: the channel
 * between them closes. Nobody would be left to end this one. Does nothing where nobody supervises.
 */
export function onSupervisorLost(listener: () => void): void {
  if (process.env[CRASHES_VARIABLE] === undefined || process.send === undefined) return;
  process.once("disconnect", listener);
}
