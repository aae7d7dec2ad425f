# shellcheck shell=sh
# Bun, the same version everywhere: through npm where that is, else by Bun's own installer.

install_bun() {
  say installing "Bun $BUN_VERSION"
  if command -v npm >/dev/null; then
    if [ -w "$(npm prefix -g)" ]; then
      quietly npm install -g "bun@$BUN_VERSION" && return
    elif can_be_root; then
      quietly as_root npm install -g "bun@$BUN_VERSION" && return
    elif quietly npm install -g --prefix "$HOME/.local" "bun@$BUN_VERSION"; then
      add_to_path "$HOME/.local/bin" && return
    fi
  fi
  install_bun_by_installer && return
  # Where the installer cannot be reached the package manager may still be.
  if ! command -v npm >/dev/null && install_npm; then
    quietly as_root npm install -g "bun@$BUN_VERSION" || true
  fi
}

install_bun_by_installer() {
  install_downloader || return 1
  script=$(mktemp)
  # SHELL=sh: the installer then leaves the user's shell profile alone.
  if curl -fsSL --connect-timeout 15 -o "$script" https://bun.sh/install; then
    quietly env SHELL=/bin/sh BUN_INSTALL="$HOME/.bun" bash "$script" "bun-v$BUN_VERSION" || true
  fi
  rm -f "$script"
  [ -x "$HOME/.bun/bin/bun" ] || return 1
  if can_be_root; then
    as_root mkdir -p /usr/local/bin
    as_root cp "$HOME/.bun/bin/bun" /usr/local/bin/bun
    as_root ln -sf bun /usr/local/bin/bunx
  else
    add_to_path "$HOME/.bun/bin"
  fi
}

# For the rest of this script; beyond it, only the user can.
add_to_path() {
  case ":$PATH:" in *":$1:"*) return ;; esac
  PATH="$1:$PATH"
  say note "put Bun on your PATH: export PATH=\"$1:\$PATH\""
}

can_be_root() {
  [ "$(id -u)" -eq 0 ] && return
  command -v sudo >/dev/null && { sudo -n true 2>/dev/null || [ -t 0 ]; }
}

as_root() {
  if [ "$(id -u)" -eq 0 ]; then "$@"; else sudo "$@"; fi
}
