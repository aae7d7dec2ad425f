/** How much work a benchmark does. */
export interface BenchmarkOptions {
  /** A few short rounds: shows that everything runs, and its figures are rough. */
  readonly quick: boolean;
  /** Says what is going on, for people. */
  readonly progress: (text: string) => void;
}

/** One way of doing the work, with its figure of every round. */
export interface Way {
  readonly name: string;
  readonly values: readonly number[];
}

/** How one way stands against another: above 1, `of` is the better one. */
export interface Ratio {
  readonly of: string;
  readonly to: string;
  readonly value: number;
  /** What it must reach; left out where there is no such claim. */
  readonly atLeast?: number;
}

/** Ways of doing the same work, measured in turns on the same machine. */
export interface Comparison {
  /** The work: `"1280x720 yuv420p to 416x416 f32"`. */
  readonly title: string;
  readonly unit: string;
  readonly better: "higher" | "lower";
  readonly ways: readonly Way[];
  readonly ratios: readonly Ratio[];
  /** What was left out, and why; what a way does in detail. */
  readonly notes: readonly string[];
}

/** A benchmark: one file of this folder. */
export interface Benchmark {
  readonly name: string;
  /** One line for the list of benchmarks. */
  readonly summary: string;
  run(options: BenchmarkOptions): Promise<Comparison[]>;
}
