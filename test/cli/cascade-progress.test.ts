import { expect, test } from "bun:test";
import { trainProgress } from "../../src/cli/cascade-progress.ts";

test("trainProgress() numbers its stages, and off a terminal tells a tenth of each at most", () => {
  const stream = {
    text: "",
    write(text: string) {
      this.text += text;
    },
  };
  let ms = 0;
  using events = trainProgress(false, { stream, now: () => ms });
  events.stage("thumbnails", "90 frames at 32 pixels");
  for (let frames = 0; frames <= 800; frames += 1) {
    ms += 100;
    events.read(frames, 800);
  }
  events.stage("training", "90 pictures, 5 networks");
  // Five networks tell of themselves 1,000 times.
  for (let step = 1; step <= 1000; step += 1) {
    ms += 100;
    const left = { leftMs: 100 * (1000 - step), networks: 5, done: Math.floor(step / 200) };
    const figures = {
      loss: step === 1000 ? null : 50 / step,
      auc: step < 300 || step === 1000 ? null : 1 - 1 / step,
    };
    events.training({ share: step / 1000, ...left, ...figures });
  }
  const lines = stream.text.trimEnd().split("\n");
  expect(lines[0]).toBe("thumbnails  90 frames at 32 pixels (step 2 of 6)");
  // The first 81 calls took 8.1 s, so the other nine tenths take 72.9 s.
  expect(lines[1]).toBe("            10 %   80/800 frames read   73 s left");
  expect(lines[11]).toBe("training    90 pictures, 5 networks (step 3 of 6)");
  expect(lines[12]).toBe(
    "            10 %   0 of 5 networks done   mean loss 0.5000   at most 90 s left",
  );
  expect(lines[16]).toBe(
    "            50 %   2 of 5 networks done   mean loss 0.1000, AUC 0.9980   at most 50 s left",
  );
  expect(lines[21]).toBe("            100 %   5 of 5 networks done");
  expect(lines).toHaveLength(22);
});

test("trainProgress() says nothing where it is to be quiet", () => {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) };
  using events = trainProgress(true, { stream });
  events.stage("search", "everything");
  events.tell("a word");
  events.training({ share: 0.5, networks: 1, done: 0, leftMs: 100, loss: 1, auc: 0.5 });
  expect(events.pass(10)).toEqual([]);
  expect(written).toEqual([]);
});

test("trainProgress() counts the labels that are lacking, not those of an earlier run", () => {
  const stream = { write: () => undefined };
  using events = trainProgress(false, { stream });
  events.stage("labels", "1394 frames");
  const [sink] = events.pass(1394);
  expect(sink).toMatchObject({ name: "progress", frameCount: 1394 });
  events.labelling?.(924);
  expect(sink).toMatchObject({ frameCount: 924 });
});
