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
      readonly modelPath: string;
      readonly compiledPath: string;
      /** A `ComputeUnits`. */
      readonly computeUnits: number;
      /** A `session_config`, in Base64. */
      readonly config: string;
      readonly options: string;
      /** Where the answer is written, as f32; null: nowhere. */
      readonly answerPath: string | null;
    };

/** What it says at the end, one line of JSON on its standard output. */
export type ProbeAnswer =
  | { readonly ok: true; readonly loadMs: number; readonly predictMs: number }
  | { readonly ok: false; readonly code: string; readonly message: string };
