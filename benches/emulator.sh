#!/usr/bin/env bash
# How fast the emulator is: start to first response, GETs a second beside a bare axum handler that returns the same bytes,
# pages of 10,000 resources, and memory over a million requests. Each server is a process with one thread, the load
# generator another; needs Linux and two idle cores.
#
# Usage: benches/emulator.sh [rounds] [requests]
set -euo pipefail

rounds=${1:-7}
requests=${2:-1000000}
root=$(cd "$(dirname "$0")/.." && pwd)
target=${CARGO_TARGET_DIR:-$root/target/emulator-bench}

# The versions that the emulator is tested with.
cp "$root/Cargo.lock" "$root/emulator/benches/speed/Cargo.lock"
cargo build --quiet --release --manifest-path "$root/Cargo.toml" --package vapi-emulator --target-dir "$target"
cargo build --quiet --release --manifest-path "$root/emulator/benches/speed/Cargo.toml" --target-dir "$target"
echo "load of the machine: $(cut -d ' ' -f 1-3 /proc/loadavg)"
"$target/release/vapi-emulator-speed" "$target/release/vapi-emulator" "$rounds" "$requests"
