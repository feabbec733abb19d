// SPDX-License-Identifier: Apache-2.0
// Writes the page at / of a daemon that has seen much, for a browser to look at.
#include <iostream>

#include "service/page.h"

using namespace vfswatchd;

int main() {
    Overview overview{true, {}, {}, 1843, 20000};
    overview.targets = {
        {{"postgres", {}, "units postgresql@*.service", "", false},
         {48'318'382'080, 5'904'311, 12, 90'215},
         {},
         1200},
        {{"keys", {}, "", "/etc/ssl/private/**, /home/*/.ssh/id_*", false}, {}, {}, 0},
        {{"build-machine", {}, "exes /usr/bin/ninja, follow_children", "/srv/build/**", true},
         {918'273'645, 1'204'776, 0, 4},
         {1'048'576, 733, 0, 0},
         643},
        {{"<script>alert(1)</script>",
          {},
          "comms a&b",
          "/\"quoted\"/" + std::string(120, 'x'),
          false},
         {512, 1, 0, 0},
         {},
         1}};
    overview.probes = {{ProbeRole::kAccounting, "file_permission", "lsm", 0},
                       {ProbeRole::kAccounting, "task_free", "lsm", 0},
                       {ProbeRole::kExit, "vfs_read", "fexit", 3}};
    std::cout << render_page(overview);
    return std::cout.flush() ? 0 : 1;
}
