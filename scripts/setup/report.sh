# shellcheck shell=sh
# One line per step: what is there, what is being done, and how to get what is still missing.

missing_count=0

say() {
  printf '%-11s %s\n' "$1" "$2"
}

# Says that a need is met, and by what; fails where it is not.
report_present() {
  found=$("probe_$1") || return 1
  say present "$found"
}

# Says how the attempt to meet a need ended. $2: the way to get it by hand.
report_outcome() {
  if found=$("probe_$1"); then
    say installed "$found"
  else
    missing_count=$((missing_count + 1))
    say missing "$(title "$1"): $2"
  fi
}

# The same for what only a part of aip needs: without it the machine is ready.
report_optional() {
  if found=$("probe_$1"); then
    say installed "$found"
  else
    say 'left out' "$(title "$1"): $2"
  fi
}

# Runs a command; shows what it printed only if it fails.
quietly() {
  log=$(mktemp)
  status=0
  "$@" >"$log" 2>&1 </dev/null || status=$?
  report_failure "$status" "$log" "$(echo "$*" | sed 's/^as_root //')"
}

# Shows the end of a log ($2) where a command ($3) failed; removes it, and returns the status ($1).
report_failure() {
  if [ "$1" -ne 0 ]; then
    say failed "$3 (status $1):"
    tail -n 20 "$2" | sed 's/^/            /'
  fi
  rm -f "$2"
  return "$1"
}

finish() {
  if [ "$missing_count" -gt 0 ]; then
    say 'not ready' "$missing_count missing, see above"
    exit 1
  fi
  say ready 'try: bun run pipeline'
}
