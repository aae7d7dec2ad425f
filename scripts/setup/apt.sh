# shellcheck shell=sh
# Debian and Ubuntu.

APT_FOLDER=${APT_FOLDER:-/etc/apt}

. scripts/setup/debian-12.sh
. scripts/setup/ubuntu.sh

packages_of() {
  case "$1" in
    swift) echo g++ swiftlang ;; # g++: its library, and the C library's headers
    ffmpeg) echo ffmpeg ;;
    onnxruntime_header) echo libonnxruntime-dev ;;
    vulkan) echo libvulkan1 mesa-vulkan-drivers ;;
    procps) echo procps ;;
  esac
}

# Does apt offer package $1 in a version that is new enough?
offered() {
  case "$1" in
    swiftlang) minimum=$SWIFT_VERSION_MIN ;;
    libonnxruntime-dev) minimum=1.$ONNXRUNTIME_API_MIN ;;
    mesa-vulkan-drivers) minimum=$MESA_VERSION_MIN ;;
    *) return 0 ;;
  esac
  candidate=$(LC_ALL=C apt-cache policy "$1" | sed -n 's/^  Candidate: //p')
  case "$candidate" in '' | '(none)') return 1 ;; esac
  version_at_least "${candidate#*:}" "$minimum"
}

# Asks nothing, and waits for another apt-get to end.
apt_get() {
  quietly as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -o DPkg::Lock::Timeout=300 "$@"
}

# $1: a release to take packages from, or ''. The others: packages.
apt_install() {
  release=$1
  shift
  [ $# -gt 0 ] || return 0
  say installing "$* (apt-get${release:+, from $release})"
  apt_get install -y --no-install-recommends ${release:+-t "$release"} "$@"
}

# Packages of this release. Where Debian 13's libraries are there already they may not fit any
# more; then those of Debian 13 do.
apt_install_own() {
  if is_debian_12 && trixie_is_added; then
    apt_install '' "$@" || apt_install trixie "$@"
  else
    apt_install '' "$@"
  fi
}

apt_lists_updated=no

# Once a run; $1: "again" where the sources have changed.
apt_update() {
  [ "$apt_lists_updated" = no ] || [ "${1:-}" = again ] || return 0
  say updating 'package lists (apt-get)'
  apt_get update || return 1
  apt_lists_updated=yes
}

install_needs() {
  can_be_root || return 0
  apt_update || true
  own='' trixie='' elsewhere=''
  for need in "$@"; do
    for package in $(packages_of "$need"); do
      if is_debian_12 && [ "$package" != ffmpeg ] && [ "$package" != procps ]; then
        trixie="$trixie $package"
      elif offered "$package"; then
        own="$own $package"
      else
        elsewhere="$elsewhere $package"
      fi
    done
  done
  # shellcheck disable=SC2086 # one word per package
  apt_install_own $own || true
  # shellcheck disable=SC2086
  if [ -n "$trixie" ] && add_trixie; then apt_install trixie $trixie || true; fi
  for package in $elsewhere; do
    install_without_apt "$package" || true
  done
}

way_to_get() {
  packages=$(packages_of "$1")
  if ! can_be_root; then
    echo "run \"sh scripts/setup.sh\" as root, or have \"$packages\" installed (apt-get)"
  elif offered "${packages##* }"; then
    echo "see above why \"apt-get install $packages\" failed"
  else
    way_without_apt "$1"
  fi
}

# What Bun's own installer needs.
install_downloader() {
  lacking=''
  for tool in bash curl unzip; do
    command -v "$tool" >/dev/null || lacking="$lacking $tool"
  done
  [ -e /etc/ssl/certs/ca-certificates.crt ] || lacking="$lacking ca-certificates"
  [ -n "$lacking" ] || return 0
  can_be_root || return 1
  apt_update || return 1
  # shellcheck disable=SC2086 # one word per package
  apt_install_own $lacking
}

install_python() {
  can_be_root && apt_update && apt_install_own python3-venv
}

package_of_python() {
  echo 'apt-get: python3-venv'
}

install_npm() {
  can_be_root && apt_update && apt_install_own npm
}
