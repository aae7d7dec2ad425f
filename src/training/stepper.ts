import { GraphSession } from "../native/graph.ts";
import { type TensorOf, tensor } from "../native/graph-tensor.ts";
import { correctedRate } from "./adam.ts";
import { layerPlan } from "./architectures.ts";
import { type StepGraphOptions, stepGraph } from "./step-graph.ts";

type Floats = TensorOf<"f32">;

/** Parameters with both of Adam's moments. */
interface State {
  readonly parameters: Floats;
  readonly moment1: Floats;
  readonly moment2: Floats;
}

/**
 * The state of a training, and the step that takes it on: one run of the step graph, which reads one
 * of two states and writes the other. One thread, so that equal steps give equal bits.
 */
export class Stepper {
  /** The next step's examples, to be filled in place. */
  readonly images: TensorOf<"u8">;
  /** f32 [batch, 1], 0 or 1. */
  readonly labels: Floats;
  /** f32 [batch, 1], of each example's loss; 0 leaves one out. */
  readonly weights: Floats;
  readonly #session: GraphSession;
  readonly #rate: Floats = tensor("f32", [1]);
  readonly #loss: Floats = tensor("f32", []);
  readonly #gradient: Floats;
  #now: State;
  #next: State;
  #steps = 0;

  /** @param parameters To begin with, as `layerPlan` lays them out; they are copied. */
  constructor(options: StepGraphOptions, parameters: Float32Array) {
    const { batch, architecture } = options;
    const { side } = architecture;
    const { parameterCount } = layerPlan(architecture);
    const vector = (): Floats => tensor("f32", [parameterCount]);
    const state = (): State => ({ parameters: vector(), moment1: vector(), moment2: vector() });
    this.images = tensor("u8", [batch, 3, side, side]);
    this.labels = tensor("f32", [batch, 1]);
    this.weights = tensor("f32", [batch, 1]);
    this.#gradient = vector();
    this.#now = state();
    this.#next = state();
    this.#now.parameters.data.set(parameters);
    this.#session = GraphSession.open(stepGraph(options));
  }

  /** Parameters as they are now; a view that the step after next overwrites. */
  get parameters(): Float32Array {
    return this.#now.parameters.data;
  }

  /** The loss's gradient by the parameters before the last step; a view. */
  get gradient(): Float32Array {
    return this.#gradient.data;
  }

  /**
   * Learns from the examples given; returns their weighted loss, summed.
   *
   * HOT: one native call.
   *
   * @param learningRate Before Adam's correction.
   */
  step(learningRate: number): number {
    this.#steps += 1;
    this.#rate.data[0] = correctedRate(learningRate, this.#steps);
    const [now, next] = [this.#now, this.#next];
    this.#session.run(
      {
        images: this.images,
        labels: this.labels,
        weights: this.weights,
        parameters: now.parameters,
        moment1: now.moment1,
        moment2: now.moment2,
        rate: this.#rate,
      },
      {
        loss: this.#loss,
        gradient: this.#gradient,
        next_parameters: next.parameters,
        next_moment1: next.moment1,
        next_moment2: next.moment2,
      },
    );
    this.#now = next;
    this.#next = now;
    return this.#loss.data[0] as number;
  }

  close(): void {
    this.#session.close();
  }
}
