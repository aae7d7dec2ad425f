# shellcheck shell=sh
# A Linux without apt: nothing is installed for it, but what is there is used.

install_needs() {
  return 0
}

way_to_get() {
  case "$1" in
    swift) echo 'install it as https://www.swift.org/install says' ;;
    ffmpeg) echo "install it with your system's package manager" ;;
    onnxruntime_header)
      echo "put onnxruntime_c_api.h of an ONNX Runtime release into /usr/local/include/onnxruntime" ;;
    procps) echo 'install "procps" with your system'"'"'s package manager' ;;
    vulkan) echo "install your GPU's driver, or Mesa's, with your system's package manager" ;;
  esac
}

install_downloader() {
  command -v curl >/dev/null && command -v unzip >/dev/null && command -v bash >/dev/null
}

install_python() {
  return 1
}

package_of_python() {
  echo "by your system's package manager"
}

install_npm() {
  return 1
}
