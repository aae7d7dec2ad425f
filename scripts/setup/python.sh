# shellcheck shell=sh
# Python for converting models to Core ML, in .venv. Nothing else asks for it, so a machine is ready
# without it.

PYTHON_ENVIRONMENT=.venv
PYTHON_REQUIREMENTS=scripts/coreml/requirements.txt

# Prints the first Python that coremltools has wheels for and that can make an environment.
find_python() {
  for name in python3 python3.13 python3.12 python3.11; do
    command -v "$name" >/dev/null || continue
    "$name" - 2>/dev/null <<'PYTHON' && echo "$name" && return
import ensurepip, sys, venv
sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
PYTHON
  done
  return 1
}

# An environment that is there is added to; one that a broken attempt left is completed. pip goes on
# beside what follows, until finish_conversion.
start_conversion() {
  python=$(find_python) || { install_python && python=$(find_python); } || return 1
  say installing "$(title conversion) ($python -m venv, pip)"
  quietly "$python" -m venv "$PYTHON_ENVIRONMENT" || return 1
  pip_log=$(mktemp)
  "$PYTHON_ENVIRONMENT/bin/python" -m pip install --disable-pip-version-check \
    -r "$PYTHON_REQUIREMENTS" >"$pip_log" 2>&1 </dev/null &
  pip=$!
  # What runs beside a shell does not hear an interruption.
  trap 'kill "$pip" 2>/dev/null; exit 130' INT TERM
}

finish_conversion() {
  status=0
  wait "$pip" || status=$?
  trap - INT TERM
  report_failure "$status" "$pip_log" 'pip install'
}

way_to_convert() {
  if find_python >/dev/null; then
    echo 'run "sh scripts/setup.sh"; a .venv that cannot be used has to be removed first'
  else
    echo "install Python 3.11 to 3.13 with its module venv ($(package_of_python))"
  fi
}
