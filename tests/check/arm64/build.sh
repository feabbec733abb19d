#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# build.sh BUILD: do the BPF object, the daemon and vfswatchctl compile and link for arm64, with
# warnings as errors? They are made in the folder BUILD, and none is run.
set -euo pipefail
here=$(dirname "$(realpath "$0")")
build=$1

command -v aarch64-linux-gnu-g++ >/dev/null || {
	echo "SKIP no compiler for arm64: install g++-aarch64-linux-gnu" >&2
	exit 77
}
sysroot=$("$here/sysroot")

# is_elf FILE MACHINE: as readelf names it.
is_elf() {
	local machine
	machine=$(readelf -h "$1" | sed -n 's/^ *Machine: *//p')
	echo "$1: $machine"
	[ "$machine" = "$2" ]
}

# --fresh: what CMake found in the libraries of another day is not asked.
cmake --fresh -S "$here/../../.." -B "$build" -G Ninja -DCMAKE_BUILD_TYPE=RelWithDebInfo \
	-DBUILD_TESTING=OFF -DCMAKE_TOOLCHAIN_FILE="$here/toolchain.cmake" \
	-DVFSWATCHD_SYSROOT="$sysroot"
cmake --build "$build" -j 2
is_elf "$build/bpf/vfswatch.bpf.o" "Linux BPF"
is_elf "$build/daemon/vfswatchd" AArch64
is_elf "$build/daemon/vfswatchctl" AArch64
