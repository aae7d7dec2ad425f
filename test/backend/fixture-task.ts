import { fileURLToPath } from "node:url";
import type { SessionTask } from "../../src/backend/backend.ts";
import { Provider } from "../../src/layout/layout.gen.ts";
import { describeModel, type ModelOverrides } from "../../src/model/model.ts";
import { sessionConfig } from "../../src/model/session-config.ts";
import { inspectOnnx, onnxRuntimePath } from "../../src/native/library.ts";

/** A task that runs a model of `test/fixtures/models` on one CPU thread. */
export function fixtureTask(name: string, overrides: ModelOverrides = {}): SessionTask {
  const path = fileURLToPath(new URL(`../fixtures/models/${name}.onnx`, import.meta.url));
  const spec = describeModel(path, inspectOnnx(path), null, overrides);
  const config = sessionConfig(spec, { provider: Provider.cpu, threadCount: 1 });
  return {
    model: { path, bytes: null, config, providerOptions: null },
    onnxRuntimePath: onnxRuntimePath(),
    simulated: null,
  };
}
