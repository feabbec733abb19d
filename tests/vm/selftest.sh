#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Proves the contract of tests/vm/vm (README.md) with real guests; exits 0 only if all of it holds.
# Takes a few minutes, and root for the first making of the images.
set -u

vm=$(dirname "$(readlink -f "$0")")/vm
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
passed=0
failed=0

# check NAME COMMAND...: one line of verdict for a command that shall succeed.
check() {
    local name=$1
    shift
    if "$@"; then
        passed=$((passed + 1))
        echo "ok   $name"
    else
        failed=$((failed + 1))
        echo "FAIL $name"
    fi
}

# guest NAME STATUS ARGUMENT...: runs a guest; its exit status shall be STATUS. What it printed is
# left in $work/NAME.out and $work/NAME.err.
guest() {
    local name=$1 expected=$2 status begin=$SECONDS
    shift 2
    "$vm" run "$@" >"$work/$name.out" 2>"$work/$name.err" </dev/null
    status=$?
    check "$name: exit status $status after $((SECONDS - begin)) s, expected $expected" \
        [ "$status" -eq "$expected" ]
    [ "$status" -eq "$expected" ] || tail -n 70 "$work/$name.err"
}

has() { grep -q -- "$2" "$work/$1"; }

same_tree() { diff -r --no-dereference "$1" "$2" && [ -n "$(ls -A "$1")" ]; }

# A build folder with what the real one installs: a program that needs libraries, a unit, a user.
make_build() {
    mkdir -p "$work/source" "$work/build"
    cat >"$work/source/CMakeLists.txt" <<'END'
cmake_minimum_required(VERSION 3.25)
project(selftest NONE)
install(PROGRAMS /usr/bin/stat DESTINATION sbin RENAME selftest)
install(FILES selftest.service DESTINATION lib/systemd/system)
install(FILES sysusers.conf DESTINATION lib/sysusers.d RENAME selftest.conf)
install(FILES CMakeLists.txt DESTINATION /etc/selftest RENAME selftest.conf)
END
    cat >"$work/source/selftest.service" <<'END'
[Service]
Type=oneshot
RemainAfterExit=yes
User=selftest
ExecStart=/usr/sbin/selftest /etc/selftest/selftest.conf
END
    echo 'u selftest - "selftest"' >"$work/source/sysusers.conf"
    cmake -G Ninja -S "$work/source" -B "$work/build" -DCMAKE_INSTALL_PREFIX=/usr >"$work/cmake.log" ||
        cat "$work/cmake.log"
    export VFSWATCHD_BUILD=$work/build
}

# Names with what breaks careless tools, a link, an executable, an empty folder.
make_tree() {
    mkdir -p "$work/tree/folder/empty"
    echo content >"$work/tree/folder/with space and \"quotes\""
    printf 'x' >"$work/tree/folder/$(printf 'new\nline')"
    ln -s folder "$work/tree/link"
    printf '#!/bin/sh\nexit 7\n' >"$work/tree/program"
    chmod 755 "$work/tree/program"
    head -c 3000000 /dev/urandom >"$work/file"
}

test_minimal() {
    guest minimal 0 --minimal --copy "$work/file:/tmp/file" --copy "$work/tree:/srv/tree" \
        --fetch "/tmp/back:$work/back" --fetch "/srv/copy:$work/copy" -- sh -ec '
            cat /tmp/file /tmp/file
            echo to stderr >/dev/stderr
            cp /tmp/file /tmp/back
            cp -a /srv/tree /srv/copy
            set +e; /srv/tree/program; [ $? -eq 7 ]; exit $?'
    cat "$work/file" "$work/file" >"$work/twice"
    check "6 MB of stdout are intact" cmp "$work/twice" "$work/minimal.out"
    check "stderr comes as stderr" has minimal.err '^to stderr$'
    check "a file goes in and out" cmp "$work/file" "$work/back"
    check "a folder goes in and out" same_tree "$work/tree" "$work/copy"
    guest install-minimal 0 --minimal -- selftest -c %a:%u /usr/sbin/selftest
    check "the build is installed, with its libraries" has install-minimal.out '^755:0$'
}

test_kernels() {
    guest kernel-5.10 1 --kernel 5.10 --minimal -- sh -c 'uname -r; exit 1'
    check "5.10 runs" has kernel-5.10.out '^5\.10\.'
    guest kernel-6.1 0 --kernel 6.1 --minimal -- uname -r
    check "6.1 runs" has kernel-6.1.out '^6\.1\.'
    guest kernel-6.12 42 --kernel 6.12 --minimal -- sh -c 'uname -r; exit 42'
    check "6.12 runs" has kernel-6.12.out '^6\.12\.'
    guest kernel-7 0 --kernel 7 --minimal --cmdline vm.selftest --cpus 1 -- sh -c '
        uname -r; nproc; cat /proc/cmdline; ls /sys/kernel/btf/vmlinux /sys/kernel/tracing/events'
    check "7 runs" has kernel-7.out '^7\.'
    check "--cpus counts" has kernel-7.out '^1$'
    check "--cmdline reaches the kernel" has kernel-7.out ' vm.selftest'
    guest icount 0 --icount --minimal -- nproc
    check "--icount has one processor" has icount.out '^1$'
}

test_failures() {
    guest panic 125 --minimal -- sh -c 'echo before; echo c >/proc/sysrq-trigger; sleep 60'
    check "output before a panic is not lost" has panic.out '^before$'
    check "the console tells of the panic" has panic.err 'Kernel panic'
    guest timeout 125 --minimal --timeout 45 -- sh -c 'echo live; sleep 1000'
    check "output before a timeout is not lost" has timeout.out '^live$'
    guest no-fetch 125 --minimal --fetch "/nothing:$work/nothing" -- true
    check "what was not there to fetch is named" has no-fetch.err 'not in the guest: /nothing'
    guest no-copy 125 --minimal --copy "$work/nothing:/nothing" -- true
    guest no-boot 125 --minimal --cmdline rdinit=/nothing -- true
    check "a boot that dies is tried three times" \
        [ "$(grep -c 'starting it again' "$work/no-boot.err")" -eq 2 ]
}

test_termination() {
    local pid guest_pid status
    "$vm" run --minimal -- sh -c 'echo up; sleep 1000' >"$work/term.out" 2>/dev/null &
    pid=$!
    until has term.out up || ! kill -0 "$pid" 2>/dev/null; do sleep 0.2; done
    guest_pid=$(pgrep -P "$pid" -f qemu-system)
    kill -TERM "$pid"
    wait "$pid"
    status=$?
    check "SIGTERM: exit status $status, expected 143" [ "$status" -eq 143 ]
    check "SIGTERM ends QEMU" test -n "$guest_pid" -a ! -e "/proc/$guest_pid"
}

# What runs in the systemd guest: each line of it shall succeed.
write_guest_script() {
    cat >"$work/script" <<'END'
set -e
systemctl is-system-running
[ -z "$(systemctl --failed --no-legend)" ]
systemctl start selftest
[ "$(stat -c %U /proc/1)" = root ]
id selftest >/dev/null
for program in fio strace sqlite3 python3 bpftrace curl ip bpftool promtool prometheus killall ps \
    pgbench nginx logrotate
do
    command -v "$program"
done
! systemctl is-active prometheus nginx postgresql@15-main logrotate.timer
[ -e /sys/kernel/btf/vmlinux ] && [ -d /sys/kernel/tracing/events ]
[ "$(stat -f -c %T /sys/fs/bpf /sys/fs/cgroup | tr '\n' ' ')" = "bpf_fs cgroup2fs " ]
journalctl --unit selftest | grep -q Finished
ip -4 -o address show eth0 | grep -q 10.0.2.15
! timeout 5 bash -c 'echo >/dev/tcp/10.0.2.2/22'
cd /srv/tree
python3 -u -m http.server 8000 --bind 0.0.0.0 >/tmp/served 2>&1 &
until grep -q 'GET /end' /tmp/served; do sleep 0.5; done
END
}

test_systemd() {
    local port=$((20000 + RANDOM % 10000)) client
    write_guest_script
    {
        until curl -sf -m 5 -o "$work/program" "http://127.0.0.1:$port/program"; do sleep 1; done
        curl -s -m 5 -o "$work/answer" "http://127.0.0.1:$port/end"
    } &
    client=$!
    guest systemd 0 --copy "$work/script:/tmp/script" --copy "$work/tree:/srv/tree" \
        --forward "$port:8000" --fetch "/tmp/served:$work/logs/served" -- bash -x /tmp/script
    kill "$client" 2>/dev/null
    check "the system is running" has systemd.out '^running$'
    check "a forwarded port is reached" cmp "$work/tree/program" "$work/program"
    check "a fetched file comes into a new folder" has logs/served 'GET /program'
}

make_build
make_tree
test_minimal
test_kernels
test_failures
test_termination
test_systemd
echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
