import { ByteText, utf8 } from "./byte-text.ts";

/** A row of the timeline: the events of one thread, or of one slot. */
export interface TraceTrack {
  readonly pid: number;
  readonly tid: number;
  /** When its last event began or ended, in ns: what follows begins no earlier. */
  endNs: number;
}

/** Names and values in turn; a name is one of `argument`'s, a value a number or encoded JSON. */
export type TraceArguments = readonly (number | Uint8Array)[];

const DURATION = utf8(',"dur":');
const ID = utf8(',"id":');
const ARGUMENTS = utf8(',"args":{');
const ARGUMENTS_END = utf8("}}\n");
const EVENT_END = utf8("}\n");
const COMMA = utf8(",");

/** An argument's name, encoded once. */
export function argument(name: string): Uint8Array {
  return utf8(`${JSON.stringify(name)}:`);
}

/** A text as an argument's value. */
export function jsonText(text: string): Uint8Array {
  return utf8(JSON.stringify(text));
}

/** All of an event that comes before its time, encoded once. */
export function eventHead(
  track: Pick<TraceTrack, "pid" | "tid">,
  fields: Readonly<Record<string, string>>,
): Uint8Array {
  const { pid, tid } = track;
  return utf8(`,${JSON.stringify({ ...fields, pid, tid }).slice(0, -1)},"ts":`);
}

/**
 * Text of events in the Trace Event Format (JSON array form), one a line. Lines after the first
 * begin with a comma: what a killed run leaves lacks nothing but the last bracket, which the format
 * allows.
 *
 * Times are whole ns since the trace began, so that a span which ends where another begins does so
 * exactly; the format counts in microseconds. The spans of a track follow each other or nest.
 *
 * Source of the format: "Trace Event Format" by the Chromium project's Trace Viewer.
 */
export class TraceEvents {
  readonly text: ByteText = new ByteText();
  readonly #originMs: number;
  #isFirst = true;

  /** @param originMs clock when the trace began */
  constructor(originMs: number) {
    this.#originMs = originMs;
  }

  /** A clock's ms as ns since the trace began. */
  ns(ms: number): number {
    return Math.max(0, Math.round((ms - this.#originMs) * 1e6));
  }

  /** Names a process or a thread, and places it among its like. */
  name(what: "process" | "thread", { pid, tid }: TraceTrack, name: string): void {
    this.#line({ ph: "M", name: `${what}_name`, pid, tid, args: { name } });
    const index = what === "process" ? pid : tid;
    this.#line({ ph: "M", name: `${what}_sort_index`, pid, tid, args: { sort_index: index } });
  }

  /**
   * A span of `track`. It begins no earlier than the last one ended, and lasts at least a
   * nanosecond, so that a flow finds it. Returns when it begins. HOT.
   */
  span(
    head: Uint8Array,
    track: TraceTrack,
    beginNs: number,
    endNs: number,
    args: TraceArguments,
  ): number {
    const from = Math.max(beginNs, track.endNs);
    const to = Math.max(endNs, from + 1);
    this.spanWithin(head, from, to, args);
    track.endNs = to;
    return from;
  }

  /** A span inside the one that was written last, at these very times. HOT. */
  spanWithin(head: Uint8Array, beginNs: number, endNs: number, args: TraceArguments): void {
    const { text } = this;
    text.append(head);
    text.appendMicroseconds(beginNs);
    text.append(DURATION);
    text.appendMicroseconds(endNs - beginNs);
    this.#end(args);
  }

  /** Something that happened, or a counter's value, at a time. HOT. */
  instant(head: Uint8Array, track: TraceTrack, ns: number, args: TraceArguments): void {
    track.endNs = Math.max(ns, track.endNs);
    this.text.append(head);
    this.text.appendMicroseconds(track.endNs);
    this.#end(args);
  }

  /** An end or a stop of an arrow, in the span that begins at `ns`. HOT. */
  flow(head: Uint8Array, ns: number, id: number): void {
    const { text } = this;
    text.append(head);
    text.appendMicroseconds(ns);
    text.append(ID);
    text.appendInteger(id);
    text.append(EVENT_END);
  }

  /** Closes the array. */
  end(): void {
    this.text.appendString("]\n");
  }

  #end(args: TraceArguments): void {
    const { text } = this;
    text.append(ARGUMENTS);
    for (let index = 0; index < args.length; index += 2) {
      if (index > 0) text.append(COMMA);
      text.append(args[index] as Uint8Array);
      const value = args[index + 1] as number | Uint8Array;
      if (typeof value === "number") text.appendFixed(value, 3);
      else text.append(value);
    }
    text.append(ARGUMENTS_END);
  }

  #line(event: object): void {
    this.text.appendString(`${this.#isFirst ? "[\n" : ","}${JSON.stringify(event)}\n`);
    this.#isFirst = false;
  }
}
