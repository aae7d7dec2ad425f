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
    swift) way_to_swift ;;
    ffmpeg) way_by_brew ffmpeg ;;
    onnxruntime_header) way_by_brew onnxruntime ;;
  esac
}

way_to_swift() {
  xcode=$(sh scripts/setup/xcode.sh "$SWIFT_VERSION_MIN")
  if [ -n "$xcode" ]; then
    echo "run \"sudo xcode-select --switch $xcode\", then this again"
  else
    echo 'install Xcode 16 or later from the App Store'
  fi
}

way_by_brew() {
  if command -v brew >/dev/null; then
    echo "run \"brew install $1\""
  else
    echo "install Homebrew (https://brew.sh), then \"brew install $1\""
  fi
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
