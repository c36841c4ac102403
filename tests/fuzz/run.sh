#!/usr/bin/env bash
# Runs each libFuzzer target of a build for a few seconds, from its corpus: `tests/fuzz/run.sh
# build/fuzz/bin [SECONDS]`. What is found is written to build/fuzz/found, for fuzz/corpus.
set -uo pipefail
cd "$(dirname "$0")/../.."
programs=$1
seconds=${2:-5}
found=build/fuzz/found
mkdir -p "$found"
failed=()
for program in "$programs"/*_fuzz; do
  name=$(basename "$program")
  options=(-max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -verbosity=0
    -artifact_prefix="$found/$name-" -max_len=65536)
  case $name in xml_*) options+=(-dict=fuzz/xml.dict) ;; esac
  grown=$(mktemp -d)
  if "$program" "$grown" "fuzz/corpus/$name" "${options[@]}" >"$found/$name.log" 2>&1; then
    echo "ok      $name"
  else
    echo "FAILED  $name"
    tail -40 "$found/$name.log"
    failed+=("$name")
  fi
  rm -rf "$grown"
done
[ ${#failed[@]} -eq 0 ]
