/** A stage of one's own, which sees every frame in order and without a copy: counts by class. */
import { DetectionWords, type FrameView, Pipeline, type RunContext, type Stage } from "aip";

const { CLASS_ID, WORDS } = DetectionWords;

class ClassCounter implements Stage {
  readonly name = "class-counter";
  readonly counts = new Map<string, number>();
  #labels: readonly string[] = [];

  open(context: RunContext): void {
    this.#labels = context.labels;
  }

  process(frame: FrameView): void {
    for (let index = 0; index < frame.detectionCount; index += 1) {
      const classId = frame.detectionsI32[index * WORDS + CLASS_ID] as number;
      const label = this.#labels[classId] ?? `class ${classId}`;
      this.counts.set(label, (this.counts.get(label) ?? 0) + 1);
    }
  }
}

const counter = new ClassCounter();
const [video = "demo:frames=50", model = "demo"] = process.argv.slice(2);
await new Pipeline({ sources: video, model, stages: [counter] }).run();
for (const [label, count] of counter.counts) console.log(`${label}: ${count}`);
