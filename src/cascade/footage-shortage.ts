import { AipError } from "../errors.ts";

/** Footage that cannot support what is asked of it, and how much of the kind could. */
export class FootageShortage extends AipError {
  /** Frames needed in all, those there are included; infinite where no footage would help. */
  readonly framesNeeded: number;

  /**
   * @param code as of every `AipError`; its category is `usage`
   * @param message what there is, what is lacking, and what would do
   */
  constructor(code: string, message: string, framesNeeded: number) {
    super(message, { code, category: "usage" });
    this.framesNeeded = framesNeeded;
  }
}
