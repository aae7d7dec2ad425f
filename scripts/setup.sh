#!/bin/sh
# Makes this machine ready: toolchain, media tools, packages, and the native library built.
# Run it again at any time: what is there stays as it is. See `sh scripts/setup.sh --help`.
set -eu

BUN_VERSION=1.4.5
SWIFT_VERSION_MIN=6.0
ONNXRUNTIME_API_MIN=21
MESA_VERSION_MIN=23

cd "$(dirname "$0")/.."
. scripts/setup/report.sh
. scripts/setup/probe.sh
. scripts/setup/bun.sh
. scripts/setup/python.sh

usage() {
  cat <<'TEXT'
Usage: sh scripts/setup.sh [--check]

Installs what aip needs and builds its native library:
  Bun, Swift, ffmpeg, the header of ONNX Runtime, a Vulkan driver (Linux), node modules;
  and, in .venv, the Python packages that convert models to Core ML.
Supported: macOS 14+, Debian 12 and 13, Ubuntu 24.04 and later.

  --check   only reports; exits 1 where something is missing
  --help    prints this
TEXT
}

check=no
for argument in "$@"; do
  case "$argument" in
    --check) check=yes ;;
    --help | -h) usage && exit 0 ;;
    *) echo "\"$argument\" is no option of setup.sh: known are --check and --help" >&2 && exit 2 ;;
  esac
done

case "$(uname -s)" in
  Darwin)
    # What is installed from a translated shell is built for Intel.
    if [ "$(sysctl -n sysctl.proc_translated 2>/dev/null)" = 1 ]; then
      echo 'this shell runs under Rosetta: start again from one that does not (arch -arm64 sh scripts/setup.sh)' >&2
      exit 1
    fi
    needs='xcode swift ffmpeg onnxruntime_header'
    . scripts/setup/brew.sh
    ;;
  Linux)
    needs='swift ffmpeg onnxruntime_header vulkan procps'
    if command -v apt-get >/dev/null; then
      . scripts/setup/apt.sh
    else
      . scripts/setup/unknown.sh
    fi
    ;;
  *)
    echo "aip runs on macOS and Linux; this is $(uname -s)" >&2
    exit 1
    ;;
esac

# First: on Debian 12 what it is fetched with does not install beside Debian 13's libraries.
if ! report_present bun; then
  [ "$check" = yes ] || install_bun
  report_outcome bun "run \"npm install -g bun@$BUN_VERSION\", or see https://bun.sh"
fi

# What the system's package manager has to bring, in one go.
absent=''
for need in $needs; do
  report_present "$need" || absent="$absent $need"
done
if [ "$check" = no ] && [ -n "$absent" ]; then
  # shellcheck disable=SC2086 # one word per need
  install_needs $absent
fi
for need in $absent; do
  report_outcome "$need" "$(way_to_get "$need")"
done

if ! report_present node_modules; then
  if [ "$check" = no ] && probe_bun >/dev/null; then
    say installing "$(title node_modules)"
    quietly bun install --frozen-lockfile || true
  fi
  report_outcome node_modules 'run "bun install --frozen-lockfile"'
fi

# `bun x aip` looks here, and asks the registry for a package of that name where it is missing.
if ! report_present link; then
  if [ "$check" = no ] && [ -d node_modules/.bin ]; then
    quietly bun run prepare || true
  fi
  report_outcome link 'run "bun run prepare"'
fi

# Beside the library's build: each keeps one processor busy.
conversion=absent
if report_present conversion; then
  conversion=present
elif [ "$check" = no ] && start_conversion; then
  conversion=begun
fi

if ! report_present library; then
  if [ "$check" = no ] && probe_bun >/dev/null && probe_swift >/dev/null; then
    say building "$(title library)"
    quietly bun scripts/build.ts || true
  fi
  report_outcome library 'run "bun run build"'
fi

[ "$conversion" != begun ] || finish_conversion || true
[ "$conversion" = present ] || report_optional conversion "$(way_to_convert)"

finish
