import { expect } from "bun:test";
import { readFileSync } from "node:fs";
import Ajv2020 from "ajv/dist/2020.js";
import format from "./trace-event-format.schema.json" with { type: "json" };

export interface TraceEvent {
  readonly ph: "X" | "i" | "C" | "s" | "t" | "f" | "M";
  readonly name: string;
  readonly cat?: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly dur?: number;
  readonly id?: number;
  readonly args: Readonly<Record<string, string | number>>;
}

const isTrace = new Ajv2020({ allErrors: true }).compile<TraceEvent[]>(format);

/** A timeline as it was written, checked against the format and against what viewers rely on. */
export class TraceFile {
  readonly events: readonly TraceEvent[];
  readonly #threads = new Map<number, string>();
  readonly #processes = new Map<number, string>();

  constructor(text: string) {
    this.events = JSON.parse(text) as TraceEvent[];
    if (!isTrace(this.events)) throw new Error(JSON.stringify(isTrace.errors?.slice(0, 5)));
    for (const { ph, name, pid, tid, args } of this.events) {
      if (ph !== "M") continue;
      if (name === "thread_name") this.#threads.set(tid, String(args["name"]));
      if (name === "process_name") this.#processes.set(pid, String(args["name"]));
    }
    this.#checkTracks();
    this.#checkFlows();
  }

  static read(path: string): TraceFile {
    return new TraceFile(readFileSync(path, "utf8"));
  }

  /** Spans and instants of this name, with the thread they stand in. */
  named(name: string): readonly TraceEvent[] {
    return this.events.filter((event) => event.name === name && "Xi".includes(event.ph));
  }

  threadOf({ tid }: TraceEvent): string {
    return this.#threads.get(tid) ?? "";
  }

  /** Spans of one thread, in the order of their beginnings. */
  spansOf(thread: string): readonly TraceEvent[] {
    return this.events.filter((event) => event.ph === "X" && this.threadOf(event) === thread);
  }

  /** In every row times rise, and spans nest or follow one another; every row has a name. */
  #checkTracks(): void {
    const rows = new Map<number, { endNs: number[]; lastNs: number }>();
    const pids = new Map<number, number>();
    for (const event of this.events) {
      const { ph, pid, tid } = event;
      expect(pids.get(tid) ?? pid).toBe(pid);
      pids.set(tid, pid);
      expect(this.#processes.has(pid)).toBe(true);
      if (ph === "M") continue;
      if (ph !== "C") expect(this.#threads.has(tid)).toBe(true);
      const row = rows.get(tid) ?? { endNs: [], lastNs: 0 };
      rows.set(tid, row);
      const beginNs = Math.round(event.ts * 1000);
      if (beginNs < row.lastNs) throw new Error(`back in time: ${JSON.stringify(event)}`);
      row.lastNs = beginNs;
      if (event.dur === undefined) continue;
      const endNs = beginNs + Math.round(event.dur * 1000);
      while (row.endNs.length > 0 && (row.endNs.at(-1) as number) <= beginNs) row.endNs.pop();
      if (endNs > (row.endNs.at(-1) ?? Number.POSITIVE_INFINITY)) {
        throw new Error(`neither inside nor after another: ${JSON.stringify(event)}`);
      }
      row.endNs.push(endNs);
    }
  }

  /** Every flow starts once, before its steps and its end, each at the beginning of a span. */
  #checkFlows(): void {
    const begins = new Set<string>();
    const seen = new Map<string, { ph: string; ts: number }[]>();
    for (const { ph, tid, ts, cat, id } of this.events) {
      if (ph === "X") begins.add(`${tid} ${ts}`);
      if (ph !== "s" && ph !== "t" && ph !== "f") continue;
      if (!begins.has(`${tid} ${ts}`)) throw new Error(`flow ${cat} ${id} begins no span`);
      const key = `${cat} ${id}`;
      seen.set(key, [...(seen.get(key) ?? []), { ph, ts }]);
    }
    for (const [key, flow] of seen) {
      const order = flow.toSorted((a, b) => a.ts - b.ts).map(({ ph }) => ph);
      if (!/^st*f?$/.test(order.join(""))) throw new Error(`flow ${key}: ${order.join("")}`);
    }
  }
}
