/**
 * Checks who imports whom in `src/`.
 *
 * A file may import from its own folder and from earlier layers, never from a sibling in its own
 * layer or from a later one; only `src/native` imports `bun:ffi`. Types count as much as values: a
 * type, too, is a thing to know of. And no chain of imports leads back to where it began, types and
 * lazy imports aside: those decide nothing about the order in which modules run.
 *
 *     bun scripts/check-layers.ts      exits 1 and names every import that must go
 */
import { readFileSync } from "node:fs";
import { dirname, join, normalize } from "node:path";

/** From the bottom up: folders of `src/`, or files there without their ending. */
const LAYERS: readonly (readonly string[])[] = [
  ["errors", "types", "nearest", "random", "within", "cache-folder", "model-path"],
  ["service-times"],
  ["layout", "protobuf"],
  ["ring", "native", "metrics", "onnx", "coreml", "plot"],
  ["source", "backend", "model", "schedule", "stage", "sink"],
  ["footage"],
  ["training", "cascade"],
  ["config"],
  ["calibration"],
  ["pipeline"],
  ["planning", "doctor", "labelling"],
  ["learning", "find"],
  ["index", "dashboard", "serve", "cluster"],
  ["cli"],
];

/** The one folder that may call native code. */
const FFI_FOLDER = "native";

/** Path below the root with `/`, such as `src/ring/ring.ts`, and the file's text. */
export type SourceFiles = ReadonlyMap<string, string>;

/** One sentence for every import that breaks a rule. */
export function violations(files: SourceFiles): string[] {
  const graph = new Map<string, string[]>();
  const found: string[] = [];
  for (const [path, text] of files) {
    for (const specifier of [...eagerImports(text), ...otherImports(text)]) {
      if (specifier === "bun:ffi" && areaOf(path) !== FFI_FOLDER) {
        found.push(`${path} imports bun:ffi: only src/${FFI_FOLDER} may`);
      }
      if (!specifier.startsWith(".")) continue;
      const target = normalize(join(dirname(path), specifier));
      const reason = refusal(path, target);
      if (reason !== undefined) found.push(`${path} imports ${target}: ${reason}`);
    }
    const eager = eagerImports(text).filter((specifier) => specifier.startsWith("."));
    graph.set(
      path,
      eager.map((specifier) => normalize(join(dirname(path), specifier))),
    );
  }
  return [...found, ...cycles(graph)];
}

/** Specifiers of the modules that run before this one. */
function eagerImports(text: string): string[] {
  return specifiers(text, [
    /^\s*(?:import|export)\s(?!type\s)[^;"']*?\bfrom\s*["']([^"']+)["']/gm,
    /^\s*import\s*["']([^"']+)["']/gm,
  ]);
}

/** Specifiers of types, and of what is loaded lazily or started as a Worker. */
function otherImports(text: string): string[] {
  return specifiers(text, [
    /^\s*(?:import|export)\stype\s[^;"']*?\bfrom\s*["']([^"']+)["']/gm,
    /\bimport\(\s*["']([^"']+)["']\s*\)/g,
    /\bnew URL\(\s*["'](\.[^"']+\.ts)["']\s*,\s*import\.meta\.url/g,
  ]);
}

function specifiers(text: string, patterns: readonly RegExp[]): string[] {
  return patterns.flatMap((pattern) =>
    [...text.matchAll(pattern)].map((match) => match[1] as string),
  );
}

/** `src/ring/ring.ts` → `ring`, `src/errors.ts` → `errors`. */
function areaOf(path: string): string {
  return (path.split("/")[1] ?? "").replace(/\.ts$/, "");
}

function layerOf(area: string): number {
  return LAYERS.findIndex((layer) => layer.includes(area));
}

function refusal(from: string, to: string): string | undefined {
  if (!to.startsWith("src/")) return to === "package.json" ? undefined : "it is outside src";
  const [area, target] = [areaOf(from), areaOf(to)];
  if (area === target) return undefined;
  for (const name of [area, target]) {
    if (layerOf(name) < 0) return `"${name}" has no layer in scripts/check-layers.ts`;
  }
  if (layerOf(target) < layerOf(area)) return undefined;
  const relation = layerOf(target) === layerOf(area) ? "beside" : "above";
  return `${target} is ${relation} ${area}`;
}

/** Every cycle once, as the path round it. */
function cycles(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const found: string[] = [];
  const finished = new Set<string>();
  const visit = (path: string, trail: readonly string[]): void => {
    const start = trail.indexOf(path);
    if (start >= 0) {
      found.push(`cycle: ${[...trail.slice(start), path].join(" → ")}`);
      return;
    }
    if (finished.has(path)) return;
    for (const target of graph.get(path) ?? []) visit(target, [...trail, path]);
    finished.add(path);
  };
  for (const path of graph.keys()) visit(path, []);
  return found;
}

if (import.meta.main) {
  const root = join(import.meta.dir, "..");
  const paths = [...new Bun.Glob("src/**/*.ts").scanSync({ cwd: root })].sort();
  const files = new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")]));
  const found = violations(files);
  for (const violation of found) console.error(violation);
  process.exit(found.length === 0 ? 0 : 1);
}
