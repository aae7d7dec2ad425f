import { describe, expect, test } from "bun:test";
import { DROPPED, NOTHING, Reorder } from "../../src/schedule/reorder.ts";

/**
 * Plays a timeline and returns what leaves at each step. Frames are named by their ids, and lie in
 * slot `id % 10`.
 *
 * - `3` frame 3 arrives      - `3!` frame 3 is complete      - `3x` frame 3 gives way
 * - `|7` the source is over after 7 frames
 *
 * A frame leaves as its id, a marker as its id in brackets.
 */
function play(timeline: string): string {
  const reorder = new Reorder(10);
  return timeline
    .split(" ")
    .map((event) => {
      const id = Number(event.replace(/[!x|]/g, ""));
      if (event.startsWith("|")) reorder.end(id);
      else if (event.endsWith("!")) reorder.complete(id % 10);
      else if (event.endsWith("x")) reorder.drop(id % 10);
      else reorder.arrive(id % 10, id);
      return leaving(reorder) || "-";
    })
    .join(" ");
}

function leaving(reorder: Reorder): string {
  const left: string[] = [];
  for (let slot = reorder.next(); slot !== NOTHING; slot = reorder.next()) {
    left.push(slot === DROPPED ? `(${reorder.lastId})` : `${reorder.lastId}`);
    if (slot !== DROPPED) expect(slot).toBe(reorder.lastId % 10);
  }
  return left.join(",");
}

describe("Reorder", () => {
  test("frames leave by id, however they are completed", () => {
    const timeline = "0 1 2 3 2! 0! 3! 1!";
    const expected = "- - - - - 0 - 1,2,3";
    expect(play(timeline)).toBe(expected);
  });

  test("a gap in the ids leaves as markers as soon as its turn has come", () => {
    const timeline = "0 3 3! 0! 4 4!";
    const expected = "- - - 0,(1),(2),3 - 4";
    expect(play(timeline)).toBe(expected);
  });

  test("markers before the first frame leave at its arrival", () => {
    expect(play("2 2!")).toBe("(0),(1) 2");
  });

  test("a frame that gives way leaves as a marker in its turn", () => {
    const timeline = "0 1 2 1x 2! 0!";
    const expected = "- - - - - 0,(1),2";
    expect(play(timeline)).toBe(expected);
  });

  test("the last frames that were dropped leave when the source is over", () => {
    const timeline = "0 0! |3";
    const expected = "- 0 (1),(2)";
    expect(play(timeline)).toBe(expected);
  });

  test("an end before the last completion waits for it", () => {
    const timeline = "0 1 |4 1! 0!";
    const expected = "- - - - 0,1,(2),(3)";
    expect(play(timeline)).toBe(expected);
  });

  test("a slot is used again for a later frame", () => {
    const timeline = "0 0! 10 10!";
    const expected = "- 0 (1),(2),(3),(4),(5),(6),(7),(8),(9) 10";
    expect(play(timeline)).toBe(expected);
  });

  test("finished is true once the source is over and everything has left", () => {
    const reorder = new Reorder(4);
    reorder.arrive(0, 0);
    reorder.end(1);
    expect(reorder.finished).toBe(false);
    reorder.complete(0);
    expect(reorder.finished).toBe(false);
    expect(reorder.next()).toBe(0);
    expect(reorder.finished).toBe(true);
  });

  test("a source without frames is finished when it is over", () => {
    const reorder = new Reorder(4);
    expect(reorder.finished).toBe(false);
    reorder.end(0);
    expect(reorder.finished).toBe(true);
  });
});
