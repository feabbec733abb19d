# SPDX-License-Identifier: Apache-2.0
# Debian's cross compiler for arm64, and the arm64 libraries in the folder VFSWATCHD_SYSROOT.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)

# CMake's trial projects read this file as well, and must be told the folder.
set(CMAKE_TRY_COMPILE_PLATFORM_VARIABLES VFSWATCHD_SYSROOT)
set(CMAKE_SYSROOT ${VFSWATCHD_SYSROOT})
set(CMAKE_FIND_ROOT_PATH_MODE_PROGRAM NEVER)
set(CMAKE_FIND_ROOT_PATH_MODE_LIBRARY ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_INCLUDE ONLY)
set(CMAKE_FIND_ROOT_PATH_MODE_PACKAGE ONLY)
set(ENV{PKG_CONFIG_SYSROOT_DIR} ${VFSWATCHD_SYSROOT})
set(ENV{PKG_CONFIG_LIBDIR}
    ${VFSWATCHD_SYSROOT}/usr/lib/aarch64-linux-gnu/pkgconfig:${VFSWATCHD_SYSROOT}/usr/share/pkgconfig)
