import type { RunContext } from "../types.ts";
import type { ByteText } from "./byte-text.ts";
import { argument, jsonText, TraceEvents, type TraceTrack } from "./trace-events.ts";
import { RECORD_NUMBERS, TraceKind, type TraceRecords, traceStatuses } from "./trace-records.ts";
import {
  type DecisionHeads,
  type DeviceRow,
  decisionHeads,
  deviceRow,
  faultHead,
  type ManagerRow,
  managerRow,
  type SlotRow,
  type SourceRows,
  slotRow,
  sourceRows,
} from "./trace-rows.ts";

const RUN_PID = 1;
/** Rows of one device: answers that overlap beyond them are moved to where the last row is free. */
const DEVICE_ROWS_MAX = 64;

const STATUS_TEXTS = traceStatuses.map(jsonText);
const NO_DEVICE = jsonText("");
const DETAIL = argument("detail");
const DETECTIONS = argument("detections");
const DEVICE = argument("device");
const ERROR = argument("error");
const FRAME = argument("frame");
const GAVE_WAY = argument("gave_way");
const LATENCY = argument("latency_ms");
const PLACE = argument("place");
const SLOT = argument("slot");
const SLOTS = argument("slots");
const SOURCE = argument("source");
const STATUS = argument("status");
const WAITING = argument("waiting");

/** A number of a record, by its place. */
type Field = (index: number) => number;

/**
 * Lays records out as a timeline.
 *
 * ```text
 * process "aip"            manager          give, defer · emit · drops, failures, faults
 *                          ingest SOURCE    decode
 *                          worker DEVICE    answer: pre-process, inference, post-process
 * process "slots: SOURCE"  (counter)        slots in use
 *                          slot N           queue, the device, reorder
 * ```
 *
 * A frame's flow leads from its decoding through its answers to its emission.
 */
export class TraceTimeline {
  readonly #events: TraceEvents;
  readonly #manager: ManagerRow;
  readonly #sources: readonly SourceRows[];
  /** Each device's rows: a second one is needed only where answers overlap, as in a batch. */
  readonly #devices: readonly DeviceRow[][];
  readonly #deviceIds: readonly string[];
  /** Ids as JSON. */
  readonly #deviceNames: readonly Uint8Array[];
  readonly #decisions: readonly DecisionHeads[];
  readonly #slots: SlotRow[] = [];
  #trackCount = 0;

  /** @param originMs clock when the trace began */
  constructor(context: Pick<RunContext, "sources" | "devices">, originMs: number) {
    const { sources, devices } = context;
    const events = new TraceEvents(originMs);
    this.#events = events;
    const manager = this.#track(RUN_PID);
    events.name("process", manager, "aip");
    events.name("thread", manager, "manager");
    this.#manager = managerRow(manager);
    this.#sources = sources.map(({ name }, index) => {
      const ingest = this.#track(RUN_PID);
      const counter = this.#track(RUN_PID + 1 + index);
      events.name("thread", ingest, `ingest ${name}`);
      events.name("process", counter, `slots: ${name}`);
      return sourceRows(name, index, { ingest, manager, counter });
    });
    this.#deviceIds = devices.map(({ id }) => id);
    this.#deviceNames = this.#deviceIds.map(jsonText);
    this.#decisions = this.#deviceIds.map((id) => decisionHeads(id, manager));
    this.#devices = this.#deviceIds.map((id) => [this.#deviceRow(`worker ${id}`)]);
  }

  /** Lines to be written; whoever takes them clears it. */
  get text(): ByteText {
    return this.#events.text;
  }

  /** Closes the timeline. */
  end(): void {
    this.#events.end();
  }

  /** HOT: every record of every frame. */
  add({ numbers, texts, count }: TraceRecords): void {
    for (let index = 0; index < count; index += 1) {
      const at = index * RECORD_NUMBERS;
      const of: Field = (field) => numbers[at + field] as number;
      switch (numbers[at]) {
        case TraceKind.arrived:
          this.#arrived(of);
          break;
        case TraceKind.given:
          this.#given(of);
          break;
        case TraceKind.answered:
          this.#answered(of, texts);
          break;
        case TraceKind.gaveWay:
          this.#gaveWay(of);
          break;
        case TraceKind.left:
          this.#left(of, texts);
          break;
        case TraceKind.slotsInUse:
          this.#slotsInUse(of);
          break;
        case TraceKind.deferred:
          this.#deferred(of);
          break;
        default:
          this.#event(of, texts);
      }
    }
  }

  #arrived(of: Field): void {
    const source = this.#source(of(1));
    const receivedMs = of(4);
    const end = this.#events.ns(receivedMs);
    const begin = this.#events.ns(receivedMs - of(5));
    const args = [FRAME, of(2), SLOT, of(3)];
    const at = this.#events.span(source.decode, source.ingest, begin, end, args);
    this.#events.flow(source.flowStart, at, of(2));
  }

  #given(of: Field): void {
    const { give } = this.#decisions[of(5)] as DecisionHeads;
    const { name } = this.#source(of(1));
    const args = [SOURCE, name, FRAME, of(2), PLACE, of(6), WAITING, of(7)];
    this.#events.instant(give, this.#manager.track, this.#events.ns(of(4)), args);
  }

  #deferred(of: Field): void {
    const { defer } = this.#decisions[of(1)] as DecisionHeads;
    const args = [WAITING, of(2)];
    this.#events.instant(defer, this.#manager.track, this.#events.ns(of(3)), args);
  }

  #answered(of: Field, texts: readonly string[]): void {
    const events = this.#events;
    const slot = this.#slot(of(1), of(3));
    // Since when a lost device was at a frame is what the manager's clock said before it came.
    const begin = Math.max(events.ns(of(6)), events.ns(of(4)));
    const device = this.#device(of(5), begin);
    const end = events.ns(of(7));
    const { name } = this.#source(of(1));
    const frame = of(2);
    const error = texts[of(11)];
    const args = [SOURCE, name, FRAME, frame];
    if (error !== undefined) args.push(ERROR, jsonText(error));
    const head = error === undefined ? device.answer : device.failure;
    const at = events.span(head, device.track, begin, end, args);
    events.flow(device.flowSteps[of(1)] as Uint8Array, at, frame);
    // Stages follow one another: where within the call each began is not measured.
    let from = at;
    from = this.#stage(device.preprocess, from, of(8), device.track);
    from = this.#stage(device.inference, from, of(9), device.track);
    this.#stage(device.postprocess, from, of(10), device.track);
    events.span(slot.queue, slot.track, events.ns(of(4)), begin, [FRAME, frame]);
    const answer = slot.answers[of(5)] as Uint8Array;
    events.span(answer, slot.track, begin, end, [FRAME, frame]);
  }

  /** A stage within an answer, from `fromNs` on; returns when it ends. */
  #stage(head: Uint8Array, fromNs: number, ms: number, { endNs }: TraceTrack): number {
    const toNs = Math.min(fromNs + Math.round(ms * 1e6), endNs);
    if (toNs > fromNs) this.#events.spanWithin(head, fromNs, toNs, []);
    return toNs;
  }

  #gaveWay(of: Field): void {
    const { track, queue } = this.#slot(of(1), of(3));
    const args = [FRAME, of(2), GAVE_WAY, 1];
    this.#events.span(queue, track, this.#events.ns(of(4)), this.#events.ns(of(5)), args);
  }

  #left(of: Field, texts: readonly string[]): void {
    const events = this.#events;
    const { name, flowEnd } = this.#source(of(1));
    const [frame, slotIndex, status] = [of(2), of(3), of(6)];
    const isAnswered = traceStatuses[status] === "ok";
    const begin = events.ns(of(4));
    const args = [SOURCE, name, FRAME, frame, STATUS, STATUS_TEXTS[status] as Uint8Array];
    if (isAnswered) {
      const device = this.#deviceNames[of(7)] ?? NO_DEVICE;
      args.push(DEVICE, device, LATENCY, of(8), DETECTIONS, of(10));
      const { reorder, track } = this.#slot(of(1), slotIndex);
      events.span(reorder, track, events.ns(of(9)), begin, [FRAME, frame]);
    }
    const { track, emit, dropped, failed } = this.#manager;
    if (!isAnswered) {
      const error = jsonText(texts[of(11)] ?? "");
      const head = traceStatuses[status] === "dropped" ? dropped : failed;
      events.instant(head, track, begin, [SOURCE, name, FRAME, frame, ERROR, error]);
    }
    const at = events.span(emit, track, begin, events.ns(of(5)), args);
    if (slotIndex >= 0) events.flow(flowEnd, at, frame);
  }

  #slotsInUse(of: Field): void {
    const { counter, slotsInUse } = this.#source(of(1));
    this.#events.instant(slotsInUse, counter, this.#events.ns(of(3)), [SLOTS, of(2)]);
  }

  #event(of: Field, texts: readonly string[]): void {
    const { track } = this.#manager;
    const head = faultHead(track, texts[of(1)] ?? "");
    const detail = jsonText(texts[of(2)] ?? "");
    this.#events.instant(head, track, this.#events.ns(of(3)), [DETAIL, detail]);
  }

  #source(index: number): SourceRows {
    return this.#sources[index] as SourceRows;
  }

  /** The first of the device's rows that is free at that time. */
  #device(index: number, ns: number): DeviceRow {
    const rows = this.#devices[index] as DeviceRow[];
    const free = rows.find(({ track }) => track.endNs <= ns);
    if (free !== undefined) return free;
    if (rows.length === DEVICE_ROWS_MAX) return rows.at(-1) as DeviceRow;
    const id = this.#deviceIds[index] as string;
    const row = this.#deviceRow(`worker ${id}, ${rows.length + 1}`);
    rows.push(row);
    return row;
  }

  #deviceRow(name: string): DeviceRow {
    const track = this.#track(RUN_PID);
    this.#events.name("thread", track, name);
    return deviceRow(track, this.#sources.length);
  }

  /** The slot's row; it gets its name when it is first used. */
  #slot(source: number, slot: number): SlotRow {
    const known = this.#slots[slot];
    if (known !== undefined) return known;
    const track = this.#track(RUN_PID + 1 + source);
    this.#events.name("thread", track, `slot ${slot}`);
    const row = slotRow(track, this.#deviceIds);
    this.#slots[slot] = row;
    return row;
  }

  /** Threads are numbered through all processes: some readers know them by that number alone. */
  #track(pid: number): TraceTrack {
    this.#trackCount += 1;
    return { pid, tid: this.#trackCount, endNs: 0 };
  }
}
