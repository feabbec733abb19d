// SPDX-License-Identifier: Apache-2.0
#include "service/passed_fds.h"

#include <systemd/sd-daemon.h>

#include <cstdlib>
#include <memory>
#include <utility>

namespace vfswatchd {
namespace {

struct FreeNames {
    void operator()(char** names) const {
        for (char** name = names; *name != nullptr; name++)
            std::free(*name);
        std::free(names);
    }
};

}  // namespace

Result<PassedFds> take_passed_fds() {
    char** texts = nullptr;
    const int count = sd_listen_fds_with_names(1, &texts);
    if (count < 0) return fail(negative_errno_error(count, "take what systemd passed"));
    PassedFds passed;
    if (count == 0) return passed;
    const std::unique_ptr<char*, FreeNames> names(texts);
    for (int i = 0; i < count; i++) {
        PassedFd one{texts[i], UniqueFd(SD_LISTEN_FDS_START + i)};
        auto& list = one.name.starts_with(kKeptPrefix) ? passed.kept : passed.sockets;
        list.push_back(std::move(one));
    }
    return passed;
}

}  // namespace vfswatchd
