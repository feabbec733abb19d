#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# run.sh [--long] [CTEST ARGUMENT...]: installs what is missing, builds, and runs every tier of
# tests; its last lines are ctest's summary. --long: every fuzz test runs 1,000,000 inputs, and
# strace watches all that the oracle's programs read.
# shellcheck disable=SC2317  # step calls functions by name
set -u
cd "$(dirname "$0")/.." || exit 1
fuzz_seconds=30
long=OFF
tiers=(unit tsan check fuzz bpf e2e bench)

stop() {
	trap '' INT TERM HUP
	stop_step
	[ -z "$ctest_pid" ] || kill -TERM -- "-$ctest_pid" 2>/dev/null
	wait
	rm -rf "$work"
}

# build PRESET TARGET [ARGUMENT FOR CMAKE...]
build() {
	local preset=$1 target=$2
	shift 2
	cmake --preset "$preset" -DBUILD_TESTING=ON "$@" &&
		cmake --build "build/$preset" --target "$target"
}

# One folder whose tests are those of all build trees, so that one ctest runs them all.
join_trees() {
	mkdir -p build/all
	printf 'subdirs("%s")\n' "$PWD"/build/{dev,tsan,fuzz,release} >build/all/CTestTestfile.cmake
}

run_ctest() {
	rm -f build/all/results.xml
	start_group ctest --test-dir build/all --parallel 2 --output-on-failure \
		--output-junit "$PWD/build/all/results.xml" "$@"
	ctest_pid=$!
	wait "$ctest_pid"
	status=$?
	ctest_pid=
	[ -f build/all/results.xml ] || {
		echo "run.sh: ctest ended before its time (status $status)" >&2
		exit 1
	}
}

# What a run of all tests must have run. A part of them (arguments for ctest) proves no tier.
check_tiers() {
	ctest --test-dir build/all --show-only=json-v1 >build/all/tests.json &&
		tests/check/tiers.py build/all/tests.json build/all/results.xml "${tiers[@]}"
}

if [ "${1-}" = --long ]; then
	fuzz_seconds=0
	long=ON
	shift
fi
ctest_pid=
work=$(mktemp -d)
STEP_LOG=$work/step.log
# shellcheck source=packaging/steps.sh
. packaging/steps.sh
trap stop EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

step "Installing what is missing" packaging/install-deps.sh build demo guest package test || exit 1
# A cache outside the tree: a fresh clone builds as fast as an old one.
export CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
step "Building release (gcc)" build release all -DVFSWATCHD_LONG=$long || exit 1
step "Building dev (gcc, ASan and UBSan)" build dev all -DVFSWATCHD_LONG=$long || exit 1
step "Building tsan (gcc, TSan)" build tsan tests/unit/all || exit 1
step "Building fuzz (clang, ASan and UBSan)" build fuzz tests/fuzz/all \
	-DVFSWATCHD_FUZZ_SECONDS=$fuzz_seconds || exit 1
step "Fetching and making the guests" tests/vm/vm prepare || exit 1
# Without these check.arm64 says that it is skipped.
step "Fetching the arm64 libraries" tests/check/arm64/sysroot --fetch
# And without these check.dashboards_types and check.kubernetes. Debian's npm brings hundreds of packages: it is left to choice.
step "Fetching Grafana's schema" tests/check/dashboards_types.sh --fetch build/dev/grafana
step "Fetching the types of Kubernetes" tests/check/kubernetes.sh --fetch build/dev/kubernetes
join_trees
run_ctest "$@"
if [ $# -eq 0 ] && ! check_tiers; then
	exit 1
fi
exit "$status"
