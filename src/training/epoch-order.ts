/** Share of an epoch's examples that the rarer kind has, … */
const SHARE_MIN = 0.25;
/** … unless each of its pictures would have to be seen more often than this. */
const REPEATS_MAX = 4;

/**
 * The pictures of one epoch: each once, and those of the rarer kind again until they are a quarter.
 * Each time they are changed in another way, so that a rare object is seen in many places and lights;
 * a larger weight would only learn the same few by heart.
 *
 * @param labels 0 or 1 each
 * @returns numbers of pictures, in their order
 *
 * @example
 * ```ts
 * epochOrder(Uint8Array.of(0, 1, 0, 0, 0, 0, 0)); // [0, 1, 1, 2, 3, 4, 5, 6]
 * ```
 */
export function epochOrder(labels: Uint8Array): Uint32Array {
  const presentCount = labels.reduce((sum, label) => sum + label, 0);
  const rarer = 2 * presentCount <= labels.length ? 1 : 0;
  const count = rarer === 1 ? presentCount : labels.length - presentCount;
  const wanted = (SHARE_MIN / (1 - SHARE_MIN)) * (labels.length - count);
  const repeats = Math.min(REPEATS_MAX, Math.max(1, Math.ceil(wanted / Math.max(1, count))));
  const order: number[] = [];
  for (const [picture, label] of labels.entries()) {
    for (let turn = label === rarer ? repeats : 1; turn > 0; turn -= 1) order.push(picture);
  }
  return Uint32Array.from(order);
}
