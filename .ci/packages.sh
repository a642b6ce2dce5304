# What the machine must have beside the checkout; installs what is missing on Debian and Ubuntu. Sourced by run.

# A Python that is new enough and can make a virtual environment.
have_python() {
    local python
    for python in python3.11 python3; do
        "$python" -c 'import ensurepip, sqlite3, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return 0
    done
    return 1
}

python_packages() {
    if apt-cache show python3.11 >/dev/null 2>&1; then echo python3.11 python3.11-venv; else echo python3 python3-venv; fi
}

have_postgres() { postgres_bin >/dev/null && { [ "$(id -u)" != 0 ] || id postgres >/dev/null 2>&1; }; }

missing_tools() {
    have_python || echo python
    command -v make >/dev/null || echo make
    command -v ps >/dev/null || echo procps
    have_postgres || echo postgresql
    PATH=$PATH:/usr/sbin command -v pgbouncer >/dev/null || echo pgbouncer
    command -v redis-server >/dev/null || echo redis-server
    command -v chromium >/dev/null || echo chromium
}

install_missing_tools() {
    local missing sudo=() tool packages=() attempt
    missing=$(missing_tools | xargs)
    if [ -z "$missing" ]; then return 0; fi
    if [ "$(id -u)" != 0 ]; then sudo=(sudo -n); fi
    if ! command -v apt-get >/dev/null || ! "${sudo[@]}" true 2>/dev/null; then
        say "Missing on this machine: $missing (python: 3.11 or later, with venv)."
        say "Install them, on Debian and Ubuntu with apt-get, or run this as root."
        return 1
    fi
    for attempt in 1 2 3; do
        say "Installing: $missing"
        if "${sudo[@]}" apt-get update -q >&2; then
            packages=()
            for tool in $missing; do
                if [ "$tool" = python ]; then
                    read -ra found <<<"$(python_packages)"
                    packages+=("${found[@]}")
                else
                    packages+=("$tool")
                fi
            done
            "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends \
                -o DPkg::Lock::Timeout=120 "${packages[@]}" </dev/null >&2 || true
        fi
        missing=$(missing_tools | xargs)
        if [ -z "$missing" ]; then return 0; fi
        sleep $((attempt * 5))
    done
    say "Still missing: $missing"
    return 1
}
