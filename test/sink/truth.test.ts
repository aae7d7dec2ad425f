import { TruthSink } from "../../src/sink/truth.ts";
import { testSinkContract } from "./contract.ts";

testSinkContract("TruthSink", (folder) => {
  return new TruthSink({ path: `${folder}/truth.ndjson`, classes: ["person"] });
});
