import { eventHead, jsonText, type TraceTrack } from "./trace-events.ts";

/** A source's rows: its reader, and the counter of its slots. */
export interface SourceRows {
  /** Name as JSON. */
  readonly name: Uint8Array;
  readonly ingest: TraceTrack;
  readonly decode: Uint8Array;
  readonly flowStart: Uint8Array;
  readonly flowEnd: Uint8Array;
  /** In the process of the source's slots. */
  readonly counter: TraceTrack;
  readonly slotsInUse: Uint8Array;
}

/** A row of a device. */
export interface DeviceRow {
  readonly track: TraceTrack;
  readonly answer: Uint8Array;
  readonly failure: Uint8Array;
  readonly preprocess: Uint8Array;
  readonly inference: Uint8Array;
  readonly postprocess: Uint8Array;
  /** One a source. */
  readonly flowSteps: readonly Uint8Array[];
}

/** Decisions about a device, in the manager's row. */
export interface DecisionHeads {
  readonly give: Uint8Array;
  readonly defer: Uint8Array;
}

/** A slot's row: what the frame in it waits for. */
export interface SlotRow {
  readonly track: TraceTrack;
  readonly queue: Uint8Array;
  /** One a device. */
  readonly answers: readonly Uint8Array[];
  readonly reorder: Uint8Array;
}

/** The main thread's row. */
export interface ManagerRow {
  readonly track: TraceTrack;
  readonly emit: Uint8Array;
  readonly dropped: Uint8Array;
  readonly failed: Uint8Array;
}

export function managerRow(track: TraceTrack): ManagerRow {
  return {
    track,
    emit: eventHead(track, { ph: "X", cat: "stage", name: "emit" }),
    dropped: faultHead(track, "dropped"),
    failed: faultHead(track, "failed"),
  };
}

export function sourceRows(
  name: string,
  index: number,
  tracks: Readonly<Record<"ingest" | "manager" | "counter", TraceTrack>>,
): SourceRows {
  const { ingest, manager, counter } = tracks;
  return {
    name: jsonText(name),
    ingest,
    decode: eventHead(ingest, { ph: "X", cat: "stage", name: "decode" }),
    flowStart: flowHead(ingest, "s", index),
    flowEnd: flowHead(manager, "f", index),
    counter,
    slotsInUse: eventHead(counter, { ph: "C", cat: "slot", name: "slots in use" }),
  };
}

export function deviceRow(track: TraceTrack, sourceCount: number): DeviceRow {
  const stage = (name: string): Uint8Array => eventHead(track, { ph: "X", cat: "stage", name });
  return {
    track,
    answer: stage("answer"),
    failure: stage("failed answer"),
    preprocess: stage("pre-process"),
    inference: stage("inference"),
    postprocess: stage("post-process"),
    flowSteps: Array.from({ length: sourceCount }, (_, index) => flowHead(track, "t", index)),
  };
}

export function decisionHeads(id: string, manager: TraceTrack): DecisionHeads {
  const head = (name: string): Uint8Array =>
    eventHead(manager, { ph: "i", s: "t", cat: "schedule", name });
  return { give: head(`give ${id}`), defer: head(`defer ${id}`) };
}

export function slotRow(track: TraceTrack, devices: readonly string[]): SlotRow {
  const wait = (name: string): Uint8Array => eventHead(track, { ph: "X", cat: "slot", name });
  return {
    track,
    queue: wait("queue"),
    answers: devices.map((id) => wait(id)),
    reorder: wait("reorder"),
  };
}

/** What goes wrong shows across its process's rows. */
export function faultHead(track: TraceTrack, name: string): Uint8Array {
  return eventHead(track, { ph: "i", s: "p", cat: "fault", name });
}

/**
 * A piece of the arrow that follows a frame. A flow is known by category, name and id: each source
 * has a category of its own, and the id is the frame's number.
 */
function flowHead(track: TraceTrack, phase: "s" | "t" | "f", source: number): Uint8Array {
  const binding: Record<string, string> = phase === "f" ? { bp: "e" } : {};
  return eventHead(track, { ph: phase, cat: `frames-${source}`, name: "frame", ...binding });
}
