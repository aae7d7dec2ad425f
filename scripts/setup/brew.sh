# shellcheck shell=sh
# macOS: Apple's tools and Homebrew.

install_needs() {
  for need in "$@"; do
    case "$need" in
      xcode) xcode-select --install 2>/dev/null || true ;;
      ffmpeg) brew_install ffmpeg ;;
      onnxruntime_header) brew_install onnxruntime ;;
    esac
  done
}

brew_install() {
  command -v brew >/dev/null || return 0
  say installing "$1 (brew)"
  quietly brew install "$1" || true
}

way_to_get() {
  case "$1" in
    xcode) echo 'finish the installation that has been offered ("xcode-select --install")' ;;
    swift) echo 'install Xcode from the App Store' ;;
    ffmpeg) echo 'install Homebrew (https://brew.sh), then "brew install ffmpeg"' ;;
    onnxruntime_header) echo 'install Homebrew (https://brew.sh), then "brew install onnxruntime"' ;;
  esac
}

install_downloader() {
  return 0
}

install_python() {
  brew_install python@3.13
}

package_of_python() {
  echo 'brew: python@3.13'
}

install_npm() {
  command -v brew >/dev/null && brew_install node && command -v npm >/dev/null
}
