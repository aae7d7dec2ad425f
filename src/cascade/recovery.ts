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
  /** Counting the labels has shown that they support none; with so many, 0 for nobody knows, they may. */
  | { readonly kind: "lacking"; readonly framesNeeded: number }
  /** A new cascade is within the budget. */
  | { readonly kind: "trained" }
  /** Training has shown that the labels support none; with so many, 0 for nobody knows, they may. */
  | { readonly kind: "refused"; readonly framesNeeded: number }
  /** Training failed. */
  | { readonly kind: "failed" }
  /** The run has ended by itself: there are so many labelled frames in all, and no more will come. */
  | { readonly kind: "ended"; readonly frames: number };

/** What follows from an event. */
export type RecoveryAction =
  | "none"
  /** Tell the user, and begin the audit anew. */
  | "warn"
  /** Send every frame to the reference model, and keep its answers. */
  | "fall-back"
  /** Train on the labels there are, where counting them does not show that this is in vain. */
  | "train"
  /** Nothing more can be tried. */
  | "give-up"
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
/** Where too few were counted they are counted again after so many more: that costs next to nothing. */
const COUNT_GROWTH = 0.1;

/**
 * The way back from drift, as a state machine: events in, actions out. Nothing is ever given up:
 * while no new cascade holds, the reference model answers, which is slow and right.
 */
export class Recovery {
  readonly #options: RecoveryOptions;
  #state: RecoveryState = "watching";
  /** Labelled frames that the next training waits for. */
  #framesWanted: number;
  /** Labelled frames in all, when they were last told of. */
  #frames = 0;
  /** Those of the last attempt. */
  #framesTried = 0;
  /** At the last attempt counting was enough to refuse them. */
  #isLacking = false;
  #hasEnded = false;

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
        return this.#train();
      case "lacking":
        return this.#tryLater((tried) => this.#nextCount(tried, event.framesNeeded));
      case "trained":
        if (this.#state !== "training") return "none";
        this.#state = "watching";
        return "come-back";
      case "refused":
        return this.#tryLater((tried) => this.#nextTraining(tried, event.framesNeeded));
      case "failed":
        return this.#tryLater((tried) => this.#nextTraining(tried, 0));
      case "ended":
        this.#hasEnded = true;
        this.#frames = event.frames;
        return this.#state === "labelling" ? this.#tryOnceMore() : "none";
    }
  }

  #drifted(): RecoveryAction {
    const { mode, framesMin } = this.#options;
    if (this.#state !== "watching" || this.#hasEnded || mode === "off") return "none";
    if (mode === "warn") return "warn";
    this.#state = "labelling";
    this.#framesWanted = framesMin;
    this.#frames = 0;
    this.#framesTried = 0;
    this.#isLacking = false;
    return "fall-back";
  }

  #train(): RecoveryAction {
    this.#state = "training";
    this.#framesTried = this.#frames;
    this.#isLacking = false;
    return "train";
  }

  #tryLater(next: (framesTried: number) => number): RecoveryAction {
    if (this.#state !== "training") return "none";
    this.#state = "labelling";
    this.#framesWanted = next(this.#framesTried);
    return this.#hasEnded ? this.#tryOnceMore() : "none";
  }

  /** All labels that there will ever be: as many as are wanted, or not yet counted. */
  #tryOnceMore(): RecoveryAction {
    const isNew = this.#frames > this.#framesTried;
    const isEnough = this.#isLacking || this.#frames >= this.#framesWanted;
    return isNew && isEnough ? this.#train() : "give-up";
  }

  #nextCount(tried: number, framesNeeded: number): number {
    this.#isLacking = true;
    const most = tried + COUNT_GROWTH * Math.min(tried, this.#options.framesMax);
    return Math.ceil(framesNeeded > tried ? Math.min(most, framesNeeded) : most);
  }

  #nextTraining(tried: number, framesNeeded: number): number {
    const { framesMax } = this.#options;
    // At the limit old labels give way to new ones: the next attempt has none of them.
    if (tried >= framesMax) return tried + framesMax;
    const grown = Math.min(GROWTH_MAX * tried, Math.max(framesNeeded, GROWTH * tried));
    return Math.ceil(Math.min(framesMax, grown));
  }
}
