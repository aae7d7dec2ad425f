/** How far the training of several networks is. */
export interface NetworksProgress {
  /** Of all their work, 0–1. It falls where a network is begun again. */
  readonly share: number;
  readonly networks: number;
  /** Those of them that are done. */
  readonly done: number;
  /** Until the last one is done, if none ends early; null while nothing is known of their pace. */
  readonly leftMs: number | null;
  /** Mean loss of the networks being trained, each in its epoch so far; null where none is. */
  readonly loss: number | null;
  /**
   * Mean AUC on the validation span of the networks being trained, each after its last whole epoch;
   * null where none has one.
   */
  readonly auc: number | null;
}

/** Where a network's training stands. */
export interface NetworkStand {
  /** Of its epochs, 0–1. */
  readonly share: number;
  /** Mean loss in its epoch so far. */
  readonly loss: number;
  /** On the validation span; null within an epoch. */
  readonly auc: number | null;
}

/** A network whose training is under way, or over. */
interface Begun {
  /** Where it was first heard of. */
  readonly first: Mark;
  readonly last: Mark;
  readonly loss: number;
  /** After its last whole epoch. */
  readonly auc: number | null;
}

interface Mark {
  readonly share: number;
  readonly ms: number;
}

/**
 * Adds up the progress of networks that are trained side by side, each on a thread, in their order: what
 * runs goes on at its own pace, and what waits takes the next free thread at the pace of all so far.
 * Pure: told the time, never asks for it.
 */
export class NetworksEstimate {
  readonly #work: readonly number[];
  readonly #threads: number;
  readonly #begun = new Map<number, Begun>();
  readonly #done = new Set<number>();

  /**
   * @param work of each network, in any unit
   * @param threads networks that are trained at a time, at least 1
   */
  constructor(work: readonly number[], threads: number) {
    this.#work = work;
    this.#threads = threads;
  }

  /** A network has come so far. */
  reach(index: number, { share, loss, auc }: NetworkStand, ms: number): void {
    const mark = { share, ms };
    const known = this.#begun.get(index);
    // One that has collapsed begins again.
    const before = known !== undefined && share >= known.last.share ? known : null;
    const first = before?.first ?? mark;
    this.#begun.set(index, { first, last: mark, loss, auc: auc ?? before?.auc ?? null });
  }

  /** A network is done: by its last epoch, earlier, or because it was kept. */
  end(index: number): void {
    this.#done.add(index);
  }

  get progress(): NetworksProgress {
    const all = sum(this.#work);
    const reached = this.#work.map((work, index) =>
      this.#done.has(index) ? work : work * (this.#begun.get(index)?.last.share ?? 0),
    );
    const share = all === 0 ? 1 : sum(reached) / all;
    const [networks, done] = [this.#work.length, this.#done.size];
    const leftMs = done === networks ? 0 : this.#leftMs();
    return { share, networks, done, leftMs, ...this.#figures() };
  }

  /** Of the networks being trained. */
  #figures(): Pick<NetworksProgress, "loss" | "auc"> {
    const trained = [...this.#begun].filter(([index]) => !this.#done.has(index));
    const loss = mean(trained.map(([, begun]) => begun.loss));
    const auc = mean(trained.flatMap(([, begun]) => begun.auc ?? []));
    return { loss, auc };
  }

  #leftMs(): number | null {
    const pace = this.#pace();
    if (pace === 0) return null;
    const open = this.#work.map((work, index) => ({ work, index, begun: this.#begun.get(index) }));
    const left = open
      .filter(({ index }) => !this.#done.has(index))
      .toSorted((a, b) => Number(a.begun === undefined) - Number(b.begun === undefined))
      .map(({ work, begun }) => {
        if (begun === undefined) return work / pace;
        const { first, last } = begun;
        const own = ((last.share - first.share) * work) / (last.ms - first.ms);
        return (work * (1 - last.share)) / (own > 0 ? own : pace);
      });
    const freeAt: number[] = new Array(Math.max(1, this.#threads)).fill(0);
    for (const ms of left) {
      const soonest = freeAt.indexOf(Math.min(...freeAt));
      freeAt[soonest] = (freeAt[soonest] as number) + ms;
    }
    return Math.max(...freeAt);
  }

  /** Work that a thread does in a ms, over all networks so far; 0 while it is unknown. */
  #pace(): number {
    let work = 0;
    let ms = 0;
    for (const [index, { first, last }] of this.#begun) {
      work += (last.share - first.share) * (this.#work[index] as number);
      ms += last.ms - first.ms;
    }
    return ms > 0 ? work / ms : 0;
  }
}

/** Null of none. */
function mean(values: readonly number[]): number | null {
  return values.length === 0 ? null : sum(values) / values.length;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
