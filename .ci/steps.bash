# What the jobs beside this file share.

# Runs a command, and says what and for how long.
run() {
    printf '\n$ %s\n' "$*"
    local began=$SECONDS
    "$@"
    printf '# %d s\n' $((SECONDS - began))
}
