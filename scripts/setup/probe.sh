# shellcheck shell=sh
# One probe per need: prints what was found, or fails. Probes change nothing.

title() {
  case "$1" in
    bun) echo "Bun $BUN_VERSION or later" ;;
    xcode) echo "Xcode's command line tools" ;;
    swift) echo "Swift $SWIFT_VERSION_MIN or later, with the C and C++ libraries to link" ;;
    ffmpeg) echo 'ffmpeg and ffprobe' ;;
    onnxruntime_header) echo "header of ONNX Runtime (API $ONNXRUNTIME_API_MIN or later)" ;;
    vulkan) echo 'Vulkan loader and driver' ;;
    procps) echo 'ps and pgrep (for the tests)' ;;
    node_modules) echo 'node modules as locked' ;;
    link) echo 'node_modules/.bin/aip' ;;
    library) echo 'native library' ;;
    conversion) echo 'Python packages for converting to Core ML' ;;
  esac
}

# Is dotted version $1 at least $2?
version_at_least() {
  awk -v have="$1" -v want="$2" 'BEGIN {
    split(have, h, /[.-]/); n = split(want, w, /[.-]/)
    for (i = 1; i <= n; i++) if (h[i] + 0 != w[i] + 0) exit !(h[i] + 0 > w[i] + 0)
  }'
}

probe_bun() {
  version=$(bun --version 2>/dev/null) && version_at_least "$version" "$BUN_VERSION" &&
    echo "Bun $version"
}

probe_xcode() {
  path=$(xcode-select -p 2>/dev/null) && echo "Xcode tools in $path"
}

# The version in what `swift --version` prints.
swift_version() {
  sed -n 's/.*Swift version \([0-9.]*\).*/\1/p'
}

probe_swift() {
  version=$(swift --version 2>/dev/null | swift_version)
  [ -n "$version" ] && version_at_least "$version" "$SWIFT_VERSION_MIN" || return 1
  if [ "$(uname -s)" = Linux ]; then
    # It links against the C++ library, whose development package brings the C library's.
    find /usr/lib/gcc -name libstdc++.so 2>/dev/null | grep -q . || return 1
  fi
  echo "Swift $version"
}

probe_ffmpeg() {
  ffprobe -version >/dev/null 2>&1 && version=$(ffmpeg -version 2>/dev/null) &&
    echo "$version" | awk 'NR == 1 { print "ffmpeg", $3 }'
}

probe_onnxruntime_header() {
  for folder in /usr/local/include /usr/include /opt/homebrew/include; do
    header="$folder/onnxruntime/onnxruntime_c_api.h"
    [ -f "$header" ] || continue
    api=$(sed -n 's/^#define ORT_API_VERSION \([0-9]*\).*/\1/p' "$header")
    [ "${api:-0}" -ge "$ONNXRUNTIME_API_MIN" ] && echo "$header (API $api)" && return
  done
  return 1
}

# With no GPU, the driver is Mesa's software one; an old one cannot run ONNX Runtime's shaders.
probe_vulkan() {
  PATH="$PATH:/usr/sbin:/sbin" ldconfig -p 2>/dev/null | grep -q 'libvulkan\.so\.1' || return 1
  mesa=$(dpkg-query -W -f '${Version}' mesa-vulkan-drivers 2>/dev/null) || mesa=''
  drivers=''
  for file in /usr/share/vulkan/icd.d/*.json /etc/vulkan/icd.d/*.json; do
    [ -f "$file" ] && drivers="$drivers $(basename "$file" | sed 's/_icd.*//')"
  done
  [ -n "$drivers" ] || return 1
  if [ -n "$mesa" ]; then version_at_least "$mesa" "$MESA_VERSION_MIN" || return 1; fi
  echo "Vulkan drivers:$drivers"
}

probe_procps() {
  command -v ps >/dev/null && command -v pgrep >/dev/null && echo 'ps and pgrep'
}

probe_node_modules() {
  probe_bun >/dev/null && bun scripts/setup/node-modules.ts
}

probe_link() {
  [ -e node_modules/.bin/aip ] && echo 'node_modules/.bin/aip'
}

probe_library() {
  probe_bun >/dev/null && bun scripts/build.ts --check >/dev/null 2>&1 && echo 'native library'
}

probe_conversion() {
  python="$PYTHON_ENVIRONMENT/bin/python"
  [ -x "$python" ] || return 1
  count=$("$python" scripts/setup/pinned-packages.py "$PYTHON_REQUIREMENTS" 2>/dev/null) || return 1
  echo "$count Python packages for converting to Core ML in $PYTHON_ENVIRONMENT"
}
