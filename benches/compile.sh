#!/usr/bin/env bash
# What this crate costs to compile, cold, beside two others in one run on one machine:
#   vapi         this crate
#   unrewritten  progenitor's own Builder-style output for the same document, only repaired
#   vapi-client  the crate of that name, version 0.4.2 (OpenAPI Generator, 68 operations)
#
# Usage: benches/compile.sh [rounds]        needs python3 and some 6 GB of memory
#
# Measured is rustc on the crate alone: its own total (-Ztime-passes), user time and peak memory of `cargo check`, without
# incremental compilation and one crate at a time. Then the size of this crate's debug rlib, and the time of a run of its
# unoptimized build script. Nothing is kept but the directory target/compile-bench.
set -euo pipefail

rounds=${1:-3}
root=$(cd "$(dirname "$0")/.." && pwd)
work=$root/target/compile-bench
mkdir -p "$work/unrewritten/src" "$work/src"
export CARGO_INCREMENTAL=0 CARGO_TARGET_DIR=$work/target RUSTC_BOOTSTRAP=1

cargo run --quiet --manifest-path "$root/Cargo.toml" --package vapi-codegen --no-default-features \
    --features generate \
    --example unrewritten -- "$root/spec/openapi.json" "$work/unrewritten/src/lib.rs"

cp "$root/benches/unrewritten.toml" "$work/unrewritten/Cargo.toml"
cat >"$work/Cargo.toml" <<TOML
[package]
name = "compile-bench"
version = "0.0.0"
edition = "2024"

[workspace]

[dependencies]
vapi = { path = "$root" }
unrewritten = { path = "unrewritten" }
vapi-client = "=0.4.2"
TOML
echo "" >"$work/src/lib.rs"

# Cargo calls this instead of rustc: it passes all on and measures the three crates.
cat >"$work/rustc.py" <<'PYTHON'
import json, os, re, resource, subprocess, sys
arguments = sys.argv[1:]
name = dict(zip(arguments, arguments[1:])).get("--crate-name", "")
if name not in ("vapi", "unrewritten", "vapi_client"):
    sys.exit(subprocess.call(arguments))
os.environ.pop("CARGO_MAKEFLAGS", None)  # its jobserver does not reach through this program
ran = subprocess.run(arguments + ["-Ztime-passes"], stderr=subprocess.PIPE, text=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
total = re.findall(r"^time:\s+([0-9.]+);.*\ttotal$", ran.stderr, re.M)
sys.stderr.write("".join(line for line in ran.stderr.splitlines(True) if not line.startswith("time:")))
with open(os.environ["MEASURED"], "a") as out:
    json.dump({"name": name, "total": float(total[-1]),
               "user": used.ru_utime, "peak": used.ru_maxrss / 1024}, out)
    out.write("\n")
sys.exit(ran.returncode)
PYTHON
chmod +x "$work/rustc.py"
cat >"$work/rustc" <<SH
#!/bin/sh
exec python3 "$work/rustc.py" "\$@"
SH
chmod +x "$work/rustc"
export RUSTC_WRAPPER=$work/rustc MEASURED=$work/measured.jsonl

cd "$work"
: >"$MEASURED"
cargo check --quiet --jobs 1
: >"$MEASURED"
for round in $(seq "$rounds"); do
    echo "round $round of $rounds" >&2
    cargo clean --quiet --package vapi --package unrewritten --package vapi-client
    cargo check --quiet --jobs 1
done

python3 - "$MEASURED" <<'PYTHON'
import json, statistics, sys
rows = {}
for line in open(sys.argv[1]):
    row = json.loads(line)
    rows.setdefault(row["name"], []).append(row)
median = lambda name, key: statistics.median(row[key] for row in rows[name])
ours = median("vapi", "total")
print(f"| cargo check, median of {len(rows['vapi'])} | rustc total | user time | peak memory | vapi takes |")
print("| --- | --- | --- | --- | --- |")
for name in ("vapi", "unrewritten", "vapi_client"):
    ratio = "" if name == "vapi" else f"{ours / median(name, 'total'):.3f} of it"
    print(f"| {name} | {median(name, 'total'):.1f} s | {median(name, 'user'):.1f} s | {median(name, 'peak'):.0f} MB | {ratio} |")
PYTHON

unset RUSTC_WRAPPER
cargo build --quiet --jobs 1 --package vapi
rlib=$(ls -t "$CARGO_TARGET_DIR"/debug/deps/libvapi-*.rlib | head -n 1)
echo "debug rlib of vapi: $(($(stat -c %s "$rlib") / 1000000)) MB"

script=$(ls -t "$CARGO_TARGET_DIR"/debug/build/vapi-*/build-script-build | head -n 1)
mkdir -p "$work/out"
for _ in 1 2 3; do
    start=$(date +%s.%N)
    CARGO_MANIFEST_DIR=$root OUT_DIR=$work/out "$script" >/dev/null
    python3 -c "import sys; print(f'one run of the build script: {float(sys.argv[2]) - float(sys.argv[1]):.2f} s')" "$start" "$(date +%s.%N)"
done
