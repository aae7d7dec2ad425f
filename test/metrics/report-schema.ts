import Ajv2020 from "ajv/dist/2020.js";
import schema from "../../docs/report.schema.json" with { type: "json" };
import type { Report } from "../../src/metrics/report.ts";

const validate = new Ajv2020({ strict: true, allErrors: true }).compile(schema);

/** Where a report, as it would be written, is not what `docs/report.schema.json` says; empty is good. */
export function schemaErrors(report: Report): string[] {
  validate(JSON.parse(JSON.stringify(report)));
  return (validate.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`);
}
