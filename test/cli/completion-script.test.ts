import { expect, test } from "bun:test";
import { aip } from "../../src/cli/aip.ts";
import { completionScript } from "../../src/cli/completion-script.ts";

/** What bash offers for a command line whose last word is being typed. */
async function bashOffers(...words: string[]): Promise<string[]> {
  const quoted = words.map((word) => `'${word}'`).join(" ");
  const script = `${completionScript(aip, "bash")}
COMP_WORDS=(aip ${quoted}); COMP_CWORD=${words.length}; _aip; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const bash = Bun.spawn(["bash", "-c", script], { stderr: "inherit" });
  return (await new Response(bash.stdout).text()).split("\n").filter(Boolean);
}

test("bash completes commands and subcommands", async () => {
  expect(await bashOffers("")).toEqual([
    "run",
    "devices",
    "doctor",
    "models",
    "calibrate",
    "plan",
    "simulate",
    "cascade",
    "find",
    "completion",
    "--help",
  ]);
  expect(await bashOffers("ru")).toEqual(["run"]);
  expect(await bashOffers("models", "in")).toEqual(["inspect"]);
});

test("bash completes the flags of the command at hand", async () => {
  expect(await bashOffers("run", "--dev")).toEqual(["--device"]);
  expect(await bashOffers("devices", "--")).toEqual(["--json", "--help"]);
});

test("bash completes values that are known", async () => {
  expect(await bashOffers("run", "x.mp4", "--drop", "")).toEqual(["never", "oldest", "newest"]);
});

test("bash leaves operands to its own completion of files", async () => {
  expect(await bashOffers("run", "")).toEqual([]);
  expect(await bashOffers("run", "--model", "")).toEqual([]);
});

for (const shell of ["zsh", "fish"] as const) {
  const path = Bun.which(shell);
  test.skipIf(path === null)(
    `${shell} parses its script (skipped where not installed)`,
    async () => {
      const check = Bun.spawn([path ?? "", "-n", "/dev/stdin"], {
        stdin: new Blob([completionScript(aip, shell)]),
        stderr: "inherit",
      });
      expect(await check.exited).toBe(0);
    },
  );
}

test.skipIf(Bun.which("fish") === null)(
  "fish completes commands, flags and values (skipped where not installed)",
  async () => {
    const offers = async (line: string): Promise<string[]> => {
      const script = `${completionScript(aip, "fish")}\ncomplete -C '${line}'`;
      const fish = Bun.spawn(["fish", "--no-config", "-c", script]);
      const text = await new Response(fish.stdout).text();
      return text.split("\n").flatMap((row) => (row === "" ? [] : [row.split("\t")[0] ?? ""]));
    };
    expect(await offers("aip mod")).toEqual(["models"]);
    expect(await offers("aip run --hw")).toEqual(["--hwaccel"]);
    expect(await offers("aip run --drop ne")).toEqual(["never", "newest"]);
  },
);
