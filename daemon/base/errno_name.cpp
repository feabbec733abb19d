// SPDX-License-Identifier: Apache-2.0
#include "base/errno_name.h"

#include <cstring>

namespace vfswatchd {

std::string_view errno_name(int number) {
    if (number == 0) return "";  // strerrorname_np calls it "0"
    if (const char* name = strerrorname_np(number)) return name;
    // What the kernel's functions return but system calls turn into something else.
    // Source: the kernel's include/linux/errno.h.
    switch (number) {
        case 512:
            return "ERESTARTSYS";
        case 513:
            return "ERESTARTNOINTR";
        case 514:
            return "ERESTARTNOHAND";
        case 516:
            return "ERESTART_RESTARTBLOCK";
        case 524:
            return "ENOTSUPP";
        default:
            return "";
    }
}

}  // namespace vfswatchd
