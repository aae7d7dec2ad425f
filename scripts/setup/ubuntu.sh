# shellcheck shell=sh
# Ubuntu 24.04 packages neither Swift nor ONNX Runtime (25.04 and later do): their makers' releases.

SWIFT_RELEASE=6.0.3
ONNXRUNTIME_RELEASE=1.23.2

install_without_apt() {
  case "$1" in
    swiftlang) install_swift_release ;;
    libonnxruntime-dev) install_onnxruntime_header ;;
  esac
}

way_without_apt() {
  case "$1" in
    swift) echo 'install it as https://www.swift.org/install says' ;;
    onnxruntime_header)
      echo 'put the headers of an ONNX Runtime release into /usr/local/include/onnxruntime' ;;
    *) echo 'this release has no version that is new enough' ;;
  esac
}

install_swift_release() {
  grep -q '^VERSION_ID="24\.04"' /etc/os-release || return 1
  install_downloader || return 1
  # What swift.org lists for Ubuntu 24.04, without what only Foundation and the debugger use.
  apt_install '' binutils libcurl4-openssl-dev libncurses-dev libsqlite3-0 libxml2-dev tzdata \
    zlib1g-dev || return 1
  case "$(uname -m)" in aarch64) cpu=-aarch64 ;; *) cpu='' ;; esac
  name="swift-$SWIFT_RELEASE-RELEASE"
  say installing "Swift $SWIFT_RELEASE in /opt (swift.org)"
  download_and_unpack "/opt/$name" \
    "https://download.swift.org/swift-$SWIFT_RELEASE-release/ubuntu2404$cpu/$name/$name-ubuntu24.04$cpu.tar.gz" ||
    return 1
  for tool in swift swiftc swift-format; do
    as_root ln -sf "/opt/$name/usr/bin/$tool" "/usr/local/bin/$tool"
  done
}

install_onnxruntime_header() {
  install_downloader || return 1
  case "$(uname -m)" in aarch64) cpu=aarch64 ;; *) cpu=x64 ;; esac
  name="onnxruntime-linux-$cpu-$ONNXRUNTIME_RELEASE"
  say installing "header of ONNX Runtime $ONNXRUNTIME_RELEASE in /usr/local/include (its release)"
  download_and_unpack /usr/local/include/onnxruntime \
    "https://github.com/microsoft/onnxruntime/releases/download/v$ONNXRUNTIME_RELEASE/$name.tgz" \
    "$name/include" 2
}

# $1: folder; $2: address of a tar.gz. $3, $4: the member to take, leading parts to strip.
download_and_unpack() {
  archive=$(mktemp)
  status=0
  quietly curl -fsSL --connect-timeout 15 -o "$archive" "$2" || status=1
  if [ "$status" -eq 0 ]; then
    as_root mkdir -p "$1"
    # shellcheck disable=SC2086 # no third argument: the whole archive
    quietly as_root tar -xzf "$archive" -C "$1" --strip-components "${4:-1}" ${3:-} || status=1
  fi
  rm -f "$archive"
  return "$status"
}
