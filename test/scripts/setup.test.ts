import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";

const ROOT = join(import.meta.dir, "../..");

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "aip-setup-"));
  cpSync(join(ROOT, "scripts"), join(root, "scripts"), { recursive: true });
  mkdirSync(join(root, "bin"));
});
afterEach(() => rmSync(root, { recursive: true }));

/** Puts a program on the machine that the script sees. */
function program(name: string, script: string): void {
  writeFileSync(join(root, "bin", name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(root, "bin", name), 0o755);
}

/** Links the machine's own programs of these names. */
function real(...names: string[]): void {
  for (const name of names) symlinkSync(Bun.which(name) as string, join(root, "bin", name));
}

/** A Debian without any of our needs, where all that is asked of apt-get is written down. */
function bareDebian(user: "root" | "someone"): void {
  real("sh", "dirname", "sed", "awk", "grep", "cat", "rm", "mktemp", "tail", "find", "env");
  program("uname", "echo Linux");
  program("id", user === "root" ? "echo 0" : "echo 1000");
  program("apt-get", `echo "$*" >> "${root}/apt-get.log"`);
  program("apt-cache", "echo '  Candidate: (none)'");
}

function setup(...options: string[]): { status: number; output: string } {
  const child = Bun.spawnSync(["/bin/sh", join(root, "scripts/setup.sh"), ...options], {
    env: {
      PATH: join(root, "bin"),
      HOME: root,
      APT_FOLDER: join(root, "apt"),
      APPLICATIONS: join(root, "Applications"),
    },
    stdin: "ignore",
  });
  return { status: child.exitCode, output: child.stdout.toString() + child.stderr.toString() };
}

describe("setup.sh", () => {
  test("--help tells what is installed, and installs nothing", () => {
    bareDebian("root");
    const { status, output } = setup("--help");
    expect(status).toBe(0);
    expect(output).toContain("Bun, Swift, ffmpeg");
    expect(Bun.file(join(root, "apt-get.log")).size).toBe(0);
  });

  test("refuses an option it does not know", () => {
    bareDebian("root");
    expect(setup("--chek")).toEqual({
      status: 2,
      output: '"--chek" is no option of setup.sh: known are --check and --help\n',
    });
  });

  test("--check names all that is missing, exits 1 and installs nothing", () => {
    bareDebian("root");
    const { status, output } = setup("--check");
    expect(status).toBe(1);
    for (const name of ["Bun", "Swift", "ffmpeg", "node modules", "native library"]) {
      expect(output).toMatch(new RegExp(`^missing +${name}`, "m"));
    }
    expect(output).not.toContain("installing");
    expect(Bun.file(join(root, "apt-get.log")).size).toBe(0);
  });

  test("says what to do where it may not install", () => {
    bareDebian("someone");
    const { status, output } = setup();
    expect(status).toBe(1);
    expect(output).toContain('run "sh scripts/setup.sh" as root, or have "ffmpeg" installed');
    expect(Bun.file(join(root, "apt-get.log")).size).toBe(0);
  });

  test("takes a tool that is too old for missing", () => {
    bareDebian("root");
    program("bun", "echo 1.3.9");
    program("swift", "echo 'Swift version 5.10.1 (swift-5.10.1-RELEASE)'");
    const { output } = setup("--check");
    expect(output).toMatch(/^missing +Bun/m);
    expect(output).toMatch(/^missing +Swift/m);
  });

  describe("the Python packages of the conversion", () => {
    const LEFT_OUT = /^left out +Python packages for converting to Core ML: (.*)$/m;

    test("are left out where there is no Python, which apt-get is asked for", () => {
      bareDebian("root");
      const { output } = setup();
      expect(readFileSync(join(root, "apt-get.log"), "utf8")).toMatch(/ install .* python3-venv$/m);
      expect(LEFT_OUT.exec(output)?.[1]).toBe(
        "install Python 3.11 to 3.13 with its module venv (apt-get: python3-venv)",
      );
    });

    test("are not among what a machine has to have", () => {
      bareDebian("root");
      const { output } = setup("--check");
      expect(output).toMatch(LEFT_OUT);
      // Each line "missing" is one that is counted.
      const missing = output.split("\n").filter((line) => line.startsWith("missing")).length;
      expect(output).toContain(`${missing} missing, see above`);
    });

    test("are installed as pinned, by the first Python that can, and asked for once", () => {
      bareDebian("root");
      // No environment can be made by this one.
      program("python3", "cat >/dev/null; exit 1");
      program(
        "python3.12",
        `case "$1" in
          -) cat >/dev/null ;;
          -m) mkdir -p "$3/bin" && cp "${root}/bin/in-environment" "$3/bin/python" ;;
        esac`,
      );
      real("mkdir", "cp");
      // Has the packages once they have been installed.
      program(
        "in-environment",
        `case "$1" in
          -m) echo "$*" >> "${root}/pip.log" ;;
          *) [ -e "${root}/pip.log" ] && echo 16 ;;
        esac`,
      );
      const found = /^(installed|present) +16 Python packages for converting/m;
      expect(found.exec(setup().output)?.[1]).toBe("installed");
      expect(found.exec(setup().output)?.[1]).toBe("present");
      expect(found.exec(setup("--check").output)?.[1]).toBe("present");
      expect(readFileSync(join(root, "pip.log"), "utf8")).toBe(
        "-m pip install --disable-pip-version-check -r scripts/coreml/requirements.txt\n",
      );
    });
  });

  test("says that a system other than macOS and Linux is none of its own", () => {
    bareDebian("root");
    program("uname", "echo FreeBSD");
    expect(setup()).toEqual({
      status: 1,
      output: "aip runs on macOS and Linux; this is FreeBSD\n",
    });
  });
});

describe("on a Mac setup.sh", () => {
  const XCODE_15 = "Xcode_15.4.app";

  /** A Mac with these Xcodes and their Swifts; the first is selected. */
  function mac(xcodes: Readonly<Record<string, string>>): void {
    real(
      "sh",
      "dirname",
      "sed",
      "awk",
      "grep",
      "cat",
      "rm",
      "mktemp",
      "tail",
      "find",
      "env",
      "sort",
    );
    program("uname", "echo Darwin");
    program("sysctl", "echo 0");
    program("xcode-select", "echo /selected");
    const versions = Object.entries(xcodes).map(([name, version]) => {
      mkdirSync(join(root, "Applications", name), { recursive: true });
      return `*/${name}/Contents/Developer) version=${version} ;;`;
    });
    const [selected] = Object.values(xcodes);
    program(
      "xcrun",
      `case "$DEVELOPER_DIR" in ${versions.join(" ")} *) version=${selected} ;; esac
       echo "swift-driver version: 1.1 Apple Swift version $version (swiftlang-1)"`,
    );
    program("swift", `exec "${root}/bin/xcrun" swift --version`);
  }

  function chosen(): string {
    const child = Bun.spawnSync(["/bin/sh", join(root, "scripts/setup/xcode.sh")], {
      env: { PATH: join(root, "bin"), APPLICATIONS: join(root, "Applications") },
    });
    expect(child.exitCode).toBe(0);
    return child.stdout.toString().trim();
  }

  test("names the newest Xcode with Swift 6 where one that is too old is selected", () => {
    mac({ [XCODE_15]: "5.10", "Xcode_16.2.app": "6.0.3", "Xcode_16.1.app": "6.0.2" });
    expect(chosen()).toBe(join(root, "Applications/Xcode_16.2.app"));
    const { output } = setup("--check");
    expect(output).toContain(`run "sudo xcode-select --switch ${chosen()}", then this again`);
  });

  test("leaves a selected Xcode with Swift 6 alone, though a newer one is there", () => {
    mac({ "Xcode_16.2.app": "6.0.3", "Xcode_26.1.app": "6.2" });
    expect(chosen()).toBe("");
    expect(setup("--check").output).toMatch(/^present +Swift 6\.0\.3$/m);
  });

  test("asks for Xcode where none is new enough", () => {
    mac({ [XCODE_15]: "5.10" });
    expect(chosen()).toBe("");
    expect(setup("--check").output).toContain("install Xcode 16 or later from the App Store");
  });

  test("asks for Homebrew only where it is missing", () => {
    mac({ [XCODE_15]: "5.10" });
    const homebrew = 'install Homebrew (https://brew.sh), then "brew install ffmpeg"';
    expect(setup("--check").output).toContain(homebrew);
    program("brew", "exit 1");
    const { output } = setup("--check");
    expect(output).not.toContain("install Homebrew");
    expect(output).toContain('run "brew install ffmpeg"');
  });
});

describe("bookworm_source()", () => {
  function source(files: Record<string, string>): string {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(root, "apt", path)), { recursive: true });
      writeFileSync(join(root, "apt", path), text);
    }
    const script = ". scripts/setup/debian-12.sh; bookworm_source || true";
    const child = Bun.spawnSync(["/bin/sh", "-c", script], {
      cwd: root,
      env: { PATH: process.env["PATH"], APT_FOLDER: join(root, "apt") },
    });
    return child.stdout.toString().trimEnd();
  }

  test("turns the one-line format to trixie, options kept", () => {
    const list = `# main
deb-src http://mirror.example/debian bookworm main
deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian bookworm main contrib
deb http://mirror.example/debian-security bookworm-security main
`;
    expect(source({ "sources.list": list })).toBe(
      "deb [arch=amd64 signed-by=/keys/debian.gpg] http://mirror.example/debian trixie main",
    );
  });

  test("turns the stanza format to trixie, with a key of several lines", () => {
    const sources = `Types: deb deb-src
# a comment
URIs: http://mirror.example/security
Suites: bookworm-security
Components: main

Types: deb
URIs: http://mirror.example/debian
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----
`;
    expect(source({ "sources.list.d/debian.sources": sources })).toBe(`Types: deb
URIs: http://mirror.example/debian
Suites: trixie
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mQINBF
 -----END PGP PUBLIC KEY BLOCK-----`);
  });

  test("is empty on another release", () => {
    const list = "deb http://mirror.example/debian trixie main\n";
    expect(source({ "sources.list": list })).toBe("");
  });
});

test("the converter's own list of packages pins what the set-up installs", () => {
  const text = (path: string): string => readFileSync(join(ROOT, path), "utf8");
  const listed = /^# dependencies = (\[.*\])$/m.exec(text("scripts/convert-coreml.py"))?.[1];
  const pinned = text("scripts/coreml/requirements.txt").split("\n");
  const direct = JSON.parse(listed as string) as string[];
  expect(direct.length).toBeGreaterThan(3);
  expect(pinned).toEqual(expect.arrayContaining(direct));
});
