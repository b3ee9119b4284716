#!/usr/bin/env bash
# What idle connections cost: opens 2,000 (or $1) to a release build, and prints its memory before, meanwhile and after. The emulator
# must go on responding meanwhile, must close them by itself, and may keep little of the memory. Needs python3 and Linux. EMULATOR
# names another binary than that of a release build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/../.."

count=${1:-2000}
if [[ -z ${EMULATOR:-} ]]; then
    cargo build --quiet --release --package vapi-emulator --bin vapi-emulator
    EMULATOR=target/release/vapi-emulator
fi
ulimit -n $((count + 500))
log=$(mktemp)
"$EMULATOR" --port 0 >"$log" &
emulator=$!
trap 'kill "$emulator" 2>/dev/null || true; rm -f "$log"' EXIT
url=
for _ in {1..100}; do
    # The first line is: Vapi is at http://127.0.0.1:40123, key local-vapi-key
    read -r url key < <(sed -n 's/^Vapi is at \([^,]*\), key \(.*\)$/\1 \2/p' "$log") && break
    sleep 0.1
done
[[ -n $url ]] || { echo "error: the emulator did not start" >&2 && exit 1; }

python3 - "$emulator" "$url" "$key" "$count" <<'PYTHON'
import re, socket, sys, time, urllib.request

process, url, key, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
address = ("127.0.0.1", int(url.rsplit(":", 1)[1]))


def megabytes():
    with open(f"/proc/{process}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+) kB", status.read())[1]) / 1024


def milliseconds():
    """The slowest of twenty requests on new connections."""
    slowest = 0
    for _ in range(20):
        request = urllib.request.Request(f"{url}/assistant", headers={"Authorization": f"Bearer {key}"})
        began = time.monotonic()
        with urllib.request.urlopen(request, timeout=10) as response:
            response.read()
        slowest = max(slowest, time.monotonic() - began)
    return slowest * 1000


def report(name):
    print(f"{name}: {megabytes():.1f} MB, slowest of 20 requests {milliseconds():.1f} ms", flush=True)
    return megabytes()


def idle_round():
    """Opens idle connections until they are closed, and returns how many were, and the memory then."""
    before = megabytes()
    idle = []
    for number in range(count):
        one = socket.create_connection(address)
        # Half of them say nothing; half stop within the head of a request.
        if number % 2:
            one.sendall(b"GET /assistant HTTP/1.1\r\nHost: x\r\n")
        idle.append(one)
    during = report(f"with {count} idle connections")
    print(f"per connection: {(during - before) * 1024 / count:.1f} kB")
    # It closes connections that are silent for half a minute.
    deadline = time.monotonic() + 60
    closed = 0
    for one in idle:
        one.settimeout(max(0.1, deadline - time.monotonic()))
        try:
            while one.recv(4096):
                pass
            closed += 1
        except ConnectionError:
            closed += 1
        except TimeoutError:
            pass
        one.close()
    return closed, report(f"after it closed {closed} of them")


report("at the start")
closed, first = idle_round()
closed_again, second = idle_round()
# The allocator keeps what closing all of them at once needed, for the next time.
if closed + closed_again < 2 * count or second > first + 32:
    sys.exit("error: connections stay open, or their memory does")
PYTHON
