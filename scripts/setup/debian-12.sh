# shellcheck shell=sh
# Debian 12 has no Swift. Debian 13 (trixie) has, and its packages install on Debian 12: the C
# library is raised to 2.41, what is installed goes on working. The priority of 100 keeps
# everything else on Debian 12.

# By the sources, not /etc/os-release: the packages of Debian 13 bring its release files along.
is_debian_12() {
  [ -n "$(bookworm_source)" ]
}

trixie_is_added() {
  [ -e "$APT_FOLDER/preferences.d/aip-trixie" ]
}

add_trixie() {
  if ! trixie_is_added; then
    say adding "Debian 13 at priority 100 ($APT_FOLDER/sources.list.d/aip-trixie.*)"
    printf 'Package: *\nPin: release n=trixie\nPin-Priority: 100\n' |
      as_root tee "$APT_FOLDER/preferences.d/aip-trixie" >/dev/null
  fi
  # From the mirror that this machine uses already, signed as that is.
  source=$(bookworm_source)
  case "$source" in
    'deb '*) extension=list ;;
    *) extension=sources ;;
  esac
  echo "$source" | as_root tee "$APT_FOLDER/sources.list.d/aip-trixie.$extension" >/dev/null
  apt_update again
}

# Prints the first source of Debian 12's main archive, made to say trixie.
bookworm_source() {
  for file in "$APT_FOLDER"/sources.list.d/*.sources; do
    [ -f "$file" ] && deb822_bookworm "$file"
  done | first_paragraph | grep . && return
  cat "$APT_FOLDER"/sources.list "$APT_FOLDER"/sources.list.d/*.list 2>/dev/null |
    sed -n 's/^\(deb \(\[[^]]*\] *\)\{0,1\}[^ ]*\)  *bookworm  *.*/\1 trixie main/p' | head -n 1
}

# Paragraphs that offer the suite "bookworm", as trixie's. Keys may run over several lines.
deb822_bookworm() {
  grep -v '^#' "$1" | awk -v RS='' '
    /(^|\n)Suites:([^\n]*[ \t])?bookworm([ \t\n]|$)/ && /(^|\n)Types:[^\n]*deb([ \t\n]|$)/ {
      count = split($0, lines, "\n")
      for (i = 1; i <= count; i++) {
        if (lines[i] ~ /^Suites:/) print "Suites: trixie"
        else if (lines[i] ~ /^Components:/) print "Components: main"
        else if (lines[i] ~ /^Types:/) print "Types: deb"
        else print lines[i]
      }
      print ""
    }'
}

first_paragraph() {
  awk -v RS='' 'NR == 1'
}
