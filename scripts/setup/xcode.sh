#!/bin/sh
# Prints the newest Xcode in /Applications whose Swift is new enough, for `xcode-select --switch`;
# nothing where the one that is selected has such a Swift, or none has. macOS 14 machines of GitHub
# have several, and one that is too old is selected.
#
#     sh scripts/setup/xcode.sh [SWIFT_VERSION_MIN]
set -eu

SWIFT_VERSION_MIN=${1:-6.0}
APPLICATIONS=${APPLICATIONS:-/Applications}

cd "$(dirname "$0")/../.."
. scripts/setup/probe.sh

# Is the Swift of the developer folder $1, or of the selected one, new enough?
has_swift() {
  version=$(${1:+env DEVELOPER_DIR="$1"} xcrun swift --version 2>/dev/null | swift_version) &&
    [ -n "$version" ] && version_at_least "$version" "$SWIFT_VERSION_MIN"
}

has_swift '' && exit
find "$APPLICATIONS" -maxdepth 1 -name 'Xcode*.app' | sort -rV | while IFS= read -r xcode; do
  if has_swift "$xcode/Contents/Developer"; then
    echo "$xcode"
    break
  fi
done
