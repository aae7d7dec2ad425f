/** What the process of a probe is asked, as JSON in its argument. */
export type ProbeRequest =
  | {
      readonly step: "compile";
      readonly modelPath: string;
      /** Where the compiled model is to lie; does not exist. */
      readonly target: string;
    }
  | {
      readonly step: "predict";
      /** Where the user has the model. */
      readonly modelPath: string;
      readonly session: ProbedSession;
      /** A `session_config`, in Base64. */
      readonly config: string;
      /** Where the answer is written, as f32; null: nowhere. */
      readonly answerPath: string | null;
    };

/** The session that a probe opens. */
export type ProbedSession =
  | {
      /** A model of Core ML, compiled. */
      readonly kind: "coreml";
      readonly compiledPath: string;
      /** A `ComputeUnits`. */
      readonly computeUnits: number;
      readonly options: string;
    }
  | {
      /** A model that ONNX Runtime hands to Core ML, or runs itself. */
      readonly kind: "onnx";
      readonly providerOptions: string | null;
      readonly onnxRuntimePath: string;
      /** Whether what is run is the model with its stem merged, see `mergeFocusStem`. */
      readonly isMerged: boolean;
    };

/** What it says at the end, one line of JSON on its standard output. */
export type ProbeAnswer =
  | { readonly ok: true; readonly loadMs: number; readonly predictMs: number }
  | { readonly ok: false; readonly code: string; readonly message: string };
