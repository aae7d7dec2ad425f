/**
 * First macOS that reads a specification version, from 1 on (coremltools,
 * `coremltools/__init__.py`: iOS 13 is 4, iOS 15 is 6, iOS 26 is 10; the version of macOS that came
 * with each).
 */
const SYSTEMS: readonly string[] = [
  "macOS 10.13",
  "macOS 10.13.2",
  "macOS 10.14",
  "macOS 10.15",
  "macOS 11",
  "macOS 12",
  "macOS 13",
  "macOS 14",
  "macOS 15",
  "macOS 26",
];

/** Newest version of Core ML's specification that is read. */
export const SPEC_VERSION_MAX: number = SYSTEMS.length;

/** First system that reads a specification version; undefined for versions not known. */
export function systemOf(specVersion: number): string | undefined {
  return SYSTEMS[specVersion - 1];
}

/**
 * What `Model` holds by field number of its `Type` (Model.proto,
 * https://github.com/apple/coremltools/blob/main/mlmodel/format/Model.proto).
 */
export const MODEL_KINDS: Readonly<Record<number, string>> = {
  200: "pipelineClassifier",
  201: "pipelineRegressor",
  202: "pipeline",
  300: "glmRegressor",
  301: "supportVectorRegressor",
  302: "treeEnsembleRegressor",
  303: "neuralNetworkRegressor",
  304: "bayesianProbitRegressor",
  400: "glmClassifier",
  401: "supportVectorClassifier",
  402: "treeEnsembleClassifier",
  403: "neuralNetworkClassifier",
  404: "kNearestNeighborsClassifier",
  500: "neuralNetwork",
  501: "itemSimilarityRecommender",
  502: "mlProgram",
  555: "customModel",
  556: "linkedModel",
  560: "classConfidenceThresholding",
  600: "oneHotEncoder",
  601: "imputer",
  602: "featureVectorizer",
  603: "dictVectorizer",
  604: "scaler",
  606: "categoricalMapping",
  607: "normalizer",
  609: "arrayFeatureExtractor",
  610: "nonMaximumSuppression",
  900: "identity",
  2000: "textClassifier",
  2001: "wordTagger",
  2002: "visionFeaturePrint",
  2003: "soundAnalysisPreprocessing",
  2004: "gazetteer",
  2005: "wordEmbedding",
  2006: "audioFeaturePrint",
  3000: "serializedModel",
};
