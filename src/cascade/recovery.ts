/** What to do about drift (`--retrain`). */
export type RetrainMode =
  /** Fall back, label, train and come back. */
  | "auto"
  /** Say so, and go on. */
  | "warn"
  /** Nothing. */
  | "off";

/** What a recovery is at. */
export type RecoveryState =
  /** The cascade answers. */
  | "watching"
  /** The reference model answers everything; its answers become labels. */
  | "labelling"
  /** As before, and a new cascade is being trained. */
  | "training";

export type RecoveryEvent =
  /** The audit has noticed that an error rate has risen. */
  | { readonly kind: "drift" }
  /** Frames labelled since the fall-back, in all. */
  | { readonly kind: "labelled"; readonly frames: number }
  /** A new cascade is within the budget. */
  | { readonly kind: "trained" }
  /** The labels cannot support one; with so many, 0 for nobody knows, they may. */
  | { readonly kind: "refused"; readonly framesNeeded: number }
  /** Training failed. */
  | { readonly kind: "failed" };

/** What follows from an event. */
export type RecoveryAction =
  | "none"
  /** Tell the user, and begin the audit anew. */
  | "warn"
  /** Send every frame to the reference model, and keep its answers. */
  | "fall-back"
  /** Train on the labels there are. */
  | "train"
  /** Take the new cascade, and begin the audit anew. */
  | "come-back";

export interface RecoveryOptions {
  readonly mode: RetrainMode;
  /** Labelled frames before the first training. */
  readonly framesMin: number;
  /** Labelled frames that are kept at most; training is repeated after as many new ones. */
  readonly framesMax: number;
}

/** After a refusal or a failure so many times the labels are gathered before the next attempt. */
const GROWTH = 1.5;
/** However much was found lacking: with more labels there may be less. */
const GROWTH_MAX = 2;

/**
 * The way back from drift, as a state machine: events in, actions out. Nothing is ever given up:
 * while no new cascade holds, the reference model answers, which is slow and right.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  #state: RecoveryState = "watching";
  /** Labelled frames that the next training waits for. */
  #framesWanted: number;
  #frames = 0;

  /** @throws {RangeError} for limits that cannot be */
  constructor(options: RecoveryOptions) {
    const { framesMin, framesMax } = options;
    if (!(framesMin > 0 && framesMax >= framesMin)) {
      throw new RangeError(`Recovery: framesMin ${framesMin}, framesMax ${framesMax}`);
    }
    this.#options = options;
    this.#framesWanted = framesMin;
  }

  get state(): RecoveryState {
    return this.#state;
  }

  /** Labelled frames that the next training waits for. */
  get framesWanted(): number {
    return this.#framesWanted;
  }

  /** Takes an event. One that cannot happen in this state changes nothing. */
  next(event: RecoveryEvent): RecoveryAction {
    switch (event.kind) {
      case "drift":
        return this.#drifted();
      case "labelled":
        this.#frames = event.frames;
        if (this.#state !== "labelling" || event.frames < this.#framesWanted) return "none";
        this.#state = "training";
        return "train";
      case "trained":
        if (this.#state !== "training") return "none";
        this.#state = "watching";
        return "come-back";
      case "refused":
        return this.#tryLater(event.framesNeeded);
      case "failed":
        return this.#tryLater(0);
    }
  }

  #drifted(): RecoveryAction {
    const { mode, framesMin } = this.#options;
    if (this.#state !== "watching" || mode === "off") return "none";
    if (mode === "warn") return "warn";
    this.#state = "labelling";
    this.#framesWanted = framesMin;
    this.#frames = 0;
    return "fall-back";
  }

  #tryLater(framesNeeded: number): RecoveryAction {
    if (this.#state !== "training") return "none";
    const { framesMax } = this.#options;
    this.#state = "labelling";
    const most = GROWTH_MAX * this.#framesWanted;
    const grown = Math.min(most, Math.max(framesNeeded, GROWTH * this.#framesWanted));
    // At the limit old labels give way to new ones: the next attempt has none of them.
    this.#framesWanted =
      this.#framesWanted >= framesMax ? this.#frames + framesMax : Math.min(framesMax, grown);
    return "none";
  }
}
