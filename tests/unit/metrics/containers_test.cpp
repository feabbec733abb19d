// SPDX-License-Identifier: Apache-2.0
#include "metrics/containers.h"

#include <gtest/gtest.h>

#include <string>

namespace vfswatchd {
namespace {

const std::string kId = std::string(60, 'a') + "0f42";
const std::string kInner = std::string(64, '7');
const std::string kUid = "0e5d1c1e-7f5a-4b1e-9f0a-3c1b2a4d5e6f";
const std::string kUidOfSystemd = "0e5d1c1e_7f5a_4b1e_9f0a_3c1b2a4d5e6f";
const std::string kHash = std::string(32, 'c');

struct Case {
    std::string cgroup;
    std::string container;
    std::string pod;
};

TEST(Containers, AreKnownByTheirCgroups) {
    const Case cases[] = {
        {"", "", ""},
        {"/", "", ""},
        {"/system.slice/ssh.service", "", ""},
        {"/user.slice/user-1000.slice/session-3.scope", "", ""},
        // Docker
        {"/system.slice/docker-" + kId + ".scope", kId, ""},
        {"/docker/" + kId, kId, ""},
        {"/docker/" + kId + "/docker/" + kInner, kInner, ""},
        {"/docker/" + kId + "/system.slice/ssh.service", kId, ""},
        // Podman, and what watches its container from outside
        {"/machine.slice/libpod-" + kId + ".scope", kId, ""},
        {"/machine.slice/libpod-" + kId + ".scope/container", kId, ""},
        {"/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-" + kId + ".scope", kId,
         ""},
        {"/libpod_parent/libpod-" + kId, kId, ""},
        {"/system.slice/app.service/libpod-payload-" + kId, kId, ""},
        {"/machine.slice/docker-libpod-" + kId + ".scope", "", ""},
        {"/machine.slice/libpod-conmon-" + kId + ".scope", "", ""},
        // containerd without Kubernetes
        {"/system.slice/nerdctl-" + kId + ".scope", kId, ""},
        {"/default/" + kId, kId, ""},
        // Kubernetes
        {"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod" + kUidOfSystemd +
             ".slice/cri-containerd-" + kId + ".scope",
         kId, kUid},
        {"/kubepods.slice/kubepods-pod" + kUidOfSystemd + ".slice/crio-" + kId + ".scope", kId,
         kUid},
        {"/kubepods.slice/kubepods-pod" + kUidOfSystemd + ".slice/crio-conmon-" + kId + ".scope",
         "", kUid},
        {"/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod" + kHash +
             ".slice/docker-" + kId + ".scope",
         kId, kHash},
        {"/kubepods/besteffort/pod" + kUid + "/" + kId, kId, kUid},
        {"/kubepods/pod" + kUid + "/" + kId + "/nested", kId, kUid},
        {"/system.slice/containerd.service/kubepods-burstable-pod" + kUidOfSystemd +
             ".slice:cri-containerd:" + kId,
         kId, kUid},
        // Containers by name, and machines that are none
        {"/machine.slice/systemd-nspawn@web-1.service", "web-1", ""},
        {"/machine.slice/machine-web\\x2d1.scope/payload/system.slice/nginx.service", "web-1", ""},
        {"/machine.slice/machine-qemu\\x2d1\\x2ddb.scope", "", ""},
        {"/lxc.payload.mail/system.slice/postfix.service", "mail", ""},
        // What only looks like it
        {"/docker/" + kId.substr(1), "", ""},
        {"/docker/" + std::string(64, 'A'), "", ""},
        {"/system.slice/docker-.scope", "", ""},
        {"/system.slice/tripod" + kUid, "", ""},
        {"/kubepods/pod-not-a-uid/x", "", ""},
        {"no slash", "", ""},
    };
    for (const auto& [cgroup, container, pod] : cases) {
        EXPECT_EQ(container_of(cgroup), container) << cgroup;
        EXPECT_EQ(pod_of(cgroup), pod) << cgroup;
    }
}

}  // namespace
}  // namespace vfswatchd
