#!/usr/bin/env bash
# Starts Herald on http://localhost:8000. Installs and builds what is missing first.
# Settings come from the environment, then from .env, or from .env.example while there is no .env.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")"

# Whether $1 is $2 with one letter too many, missing or wrong, or with two of them swapped.
is_mistyped() {
  local a=$1 b=$2
  while [[ -n $a && ${a:0:1} == "${b:0:1}" ]]; do a=${a:1} b=${b:1}; done
  while [[ -n $a && ${a: -1} == "${b: -1}" ]]; do a=${a%?} b=${b%?}; done
  [[ (${#a} -le 1 && ${#b} -le 1) || (${#a} == 2 && $a == "${b:1}${b:0:1}") ]]
}

# Warns of a name, $1, that is likely meant for a setting and is none.
check_name() {
  local upper known
  for known in $settings; do [[ $1 != "$known" ]] || return 0; done
  upper=$(tr 'a-z.-' 'A-Z__' <<<"$1")
  for known in $settings; do
    if is_mistyped "$upper" "$known"; then echo "$env_file, line $number: $1 is no setting; is $known meant?" >&2; fi
  done
}

# Node.js passes over what it does not understand in the file: the server would start without it, and say nothing.
check_env_file() {
  local line fault='' quote='' number=0 settings
  local name='[A-Za-z_][A-Za-z0-9_.-]*'
  local setting="^[[:space:]]*(export[[:space:]]+)?($name)[[:space:]]*=[[:space:]]*(.*)" colon="^[[:space:]]*($name)[[:space:]]*:"
  settings=$(sed -n 's/^\(# *\)\{0,1\}\([A-Z][A-Z0-9_]*\)=.*/\2/p' .env.example 2>/dev/null) || true
  while IFS= read -r line || [[ -n $line ]]; do
    number=$((number + 1))
    if [[ -n $quote ]]; then
      # A quoted value goes on over lines.
      [[ $line != *"$quote"* ]] || quote=''
    elif [[ $line =~ ^[[:space:]]*(#|$) ]]; then
      continue
    elif [[ $line =~ $setting ]]; then
      line=${BASH_REMATCH[3]}
      check_name "${BASH_REMATCH[2]}"
      case $line in [\"\'\`]*) [[ ${line:1} == *"${line:0:1}"* ]] || quote=${line:0:1} ;; esac
    elif [[ $line == $'\xef\xbb\xbf'* ]]; then
      fault='it begins with a byte order mark: save the file as UTF-8 without one (in Notepad: "UTF-8", not "UTF-8 with BOM")'
    elif [[ $line =~ $colon ]]; then
      fault="write ${BASH_REMATCH[1]}=value, with = in place of the colon"
    else
      fault='write NAME=value, or # before a comment'
    fi
    if [[ -n $fault ]]; then
      echo "$env_file, line $number: $fault" >&2
      exit 1
    fi
  done <"$env_file"
}

env_file=.env
[ -e "$env_file" ] || env_file=.env.example
[ ! -f "$env_file" ] || check_env_file
if ! command -v node >/dev/null || ! node -e 'const [a, b] = process.versions.node.split("."); process.exit(a > 20 || (a == 20 && b >= 19) ? 0 : 1)'; then
  echo "Herald needs Node.js 20.19 or newer (https://nodejs.org); found: $(node --version 2>/dev/null || echo none)" >&2
  exit 1
fi
if [ ! -e node_modules/.package-lock.json ] || [ package-lock.json -nt node_modules/.package-lock.json ]; then
  npm ci
fi
if [ ! -e dist/main.js ] || [ -n "$(find src page scripts/build-page.ts tsconfig.json tsconfig.build.json package-lock.json -newer dist/main.js -print -quit)" ]; then
  # Beside the build that a server may run from, which loads some of its files late. Not incrementally: dist/main.js has to
  # become newer than what it was built from, and nothing may stay of what is gone.
  new=dist.new.$$ old=dist.old.$$
  trap 'rm -rf "$new" "$old"' EXIT
  BUILD_DIR=$new npm run --silent build
  [ ! -e dist ] || mv dist "$old"
  mv "$new" dist
  rm -rf "$old"
fi
exec node --env-file="$env_file" dist/main.js
