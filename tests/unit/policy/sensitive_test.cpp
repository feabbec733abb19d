// SPDX-License-Identifier: Apache-2.0
#include "policy/sensitive.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "config/values.h"
#include "policy/lower.h"
#include "policy/paths.h"
#include "tests/unit/policy/path_match.h"
#include "tests/unit/policy/reference_glob.h"

namespace vfswatchd {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

enum class Copies { kNothing, kSome, kSensitiveToo };

TargetConfig target(Copies copies, const std::vector<std::string>& include = {}) {
    TargetConfig config;
    int line = 1;
    for (const std::string& text : include)
        config.include.push_back({text, {"f.yaml", line++, 7}});
    if (copies != Copies::kNothing)
        config.snippets.emplace().allow_sensitive = copies == Copies::kSensitiveToo;
    return config;
}

std::vector<std::string> refusals(const std::vector<TargetConfig>& targets) {
    Config config;
    config.targets = targets;
    std::vector<std::string> lines;
    for (const ConfigFault& fault : sensitive_faults(config))
        lines.push_back(format_fault(fault));
    return lines;
}

/// The automaton as the kernel has it: target 0 copies nothing, 1 all but the list, 2 all, 3 as 1.
class Sensitive : public testing::Test {
  protected:
    static constexpr TargetMask kAll = 0b1010;

    static const PathTable& table() {
        static const PathTable kTable =
            *compile_paths({target(Copies::kNothing), target(Copies::kSome, {"/srv/**"}),
                            target(Copies::kSensitiveToo), target(Copies::kSome)});
        return kTable;
    }
    static TargetMask kept_from(const std::string& path) {
        return match(table().states, path, table().sensitive_start);
    }
};

/// A path that a row means, `*` being `some`.
std::string example_of(std::string_view pattern, const std::string& some) {
    std::string path = pattern.front() == '/' ? "" : "/";
    for (const char c : pattern)
        path += c == '*' ? some : std::string(1, c);
    return path;
}

TEST_F(Sensitive, RowsAreInTheLanguageOfTheConfigAndDiffer) {
    std::set<std::string_view> patterns;
    for (const SensitiveFiles& files : sensitive_files()) {
        EXPECT_TRUE(check_pattern(files.pattern).has_value()) << files.pattern;
        EXPECT_TRUE(patterns.insert(files.pattern).second)
            << files.pattern << " stands there twice";
        EXPECT_FALSE(files.what.empty()) << files.pattern;
        EXPECT_EQ(files.pattern.find("**"), std::string_view::npos) << files.pattern;
    }
}

TEST_F(Sensitive, EachRowIsKeptFromTargetsThatDoNotAllowIt) {
    for (const SensitiveFiles& files : sensitive_files()) {
        for (const std::string some : {"a", "7.z", "\xc3\xa9\xff"}) {
            const std::string example = example_of(files.pattern, some);
            EXPECT_EQ(kept_from(example), kAll) << example;
            EXPECT_EQ(kept_from(example + "/below/it"), kAll) << example;
        }
    }
}

TEST_F(Sensitive, EachRowIsMetAtAnyDepthButForDevicesAndSessions) {
    for (const SensitiveFiles& files : sensitive_files()) {
        const std::string example = "/var/lib/machines/c" + example_of(files.pattern, "b");
        const bool at_root = files.pattern.starts_with("/dev/") || files.pattern == "/run/user";
        EXPECT_EQ(kept_from(example), at_root ? 0 : kAll) << example;
        EXPECT_EQ(files.pattern.front() == '/', at_root) << files.pattern;
    }
}

TEST_F(Sensitive, WhatHoldsSecretsOnAHostIsInTheList) {
    const std::string user = std::string("/home") + "/u/";
    for (const std::string& path : std::vector<std::string>{
             "/etc/shadow",
             "/etc/shadow-",
             "/etc/shadow.lock",
             "/etc/gshadow",
             "/etc/gshadow-",
             "/etc/security/opasswd",
             "/etc/security/opasswd.old",
             "/var/backups/shadow.bak",
             "/var/backups/gshadow.bak",
             "/etc/ssl/private/ssl-cert-snakeoil.key",
             "/etc/ssl/private/x",
             "/etc/pki/tls/private/x",
             "/etc/pki/CA/private/cakey",
             "/etc/letsencrypt/live/x/privkey1.pem",
             "/etc/ssh/ssh_host_rsa_key",
             "/etc/ssh/ssh_host_ed25519_key",
             user + ".ssh/id_rsa",
             "/root/.ssh/config",
             "/srv/a.key",
             "/srv/a.pem",
             "/srv/a.p12",
             "/srv/a.pfx",
             "/srv/a.jks",
             "/srv/a.ppk",
             "/srv/a.keystore",
             "/srv/a.kdbx",
             "/srv/id_rsa",
             "/srv/id_ed25519-work",
             "/srv/id_ecdsa",
             "/srv/id_dsa.old",
             user + ".gnupg/secring.gpg",
             user + ".password-store/a.gpg",
             user + ".local/share/keyrings/login.keyring",
             "/run/user/1000/keyring/control",
             "/run/user/1000/gnupg/S.gpg-agent",
             "/etc/krb5.keytab",
             "/tmp/krb5cc_1000",
             "/proc/keys",
             user + ".aws/credentials",
             user + ".kube/config",
             user + ".docker/config.json",
             user + ".config/gcloud/credentials.db",
             user + ".netrc",
             user + ".pgpass",
             user + ".my.cnf",
             user + ".git-credentials",
             "/srv/app/.env",
             "/srv/app/.env.production",
             "/etc/credstore/a",
             "/etc/credstore.encrypted/a",
             "/run/credentials/a.service/b",
             "/run/secrets/b",
             "/var/run/secrets/kubernetes.io/serviceaccount/token",
             "/var/lib/systemd/credential.secret",
             "/etc/wireguard/wg0.conf",
             "/etc/openvpn/client/a.conf",
             "/etc/ipsec.secrets",
             "/etc/ppp/chap-secrets",
             "/etc/ppp/pap-secrets",
             "/etc/NetworkManager/system-connections/a.nmconnection",
             "/etc/wpa_supplicant/wpa_supplicant.conf",
             "/var/lib/samba/private/secrets.tdb",
             "/var/lib/sss/secrets/secrets.ldb",
             "/var/lib/kubelet/pods/5-6/volumes/kubernetes.io~secret/a/..data/token",
             "/proc/1/environ",
             "/proc/4242/task/4243/environ",
             "/proc/1/mem",
             "/proc/4242/task/4243/mem",
             "/proc/self/environ",
             "/proc/kcore",
             "/dev/mem",
             "/dev/kmem",
             "/dev/sda",
             "/dev/nvme0n1p2",
             "/dev/dm-0",
             "/dev/mapper/vg-root",
             "/dev/tty",
             "/dev/tty1",
             "/dev/ttyS0",
             "/dev/pts/3",
             "/dev/ptmx",
             "/dev/console",
             "/dev/input/event3",
             "/dev/input/by-id/x",
             "/dev/hidraw0",
             "/dev/uinput",
             "/dev/vcsa1",
             "/dev/random",
             "/dev/urandom",
             "/dev/hwrng",
             "/var/lib/systemd/random-seed",
             user + ".mozilla/firefox/a.default/logins.json",
             user + ".config/chromium/Default/Cookies",
             user + ".config/google-chrome/Default/Cookies",
             user + ".config/google-chrome-beta/Default/Cookies",
             user + ".bash_history",
             user + ".psql_history",
             user + ".zsh_history",
             user + ".local/share/fish/fish_history",
             "/var/lib/docker/overlay2/0a/merged/etc/shadow",
             "/srv/chroot/proc/7/environ"}) {
        EXPECT_EQ(kept_from(path), kAll) << path;
    }
}

TEST_F(Sensitive, WhatIsHarmlessIsNot) {
    const std::string user = std::string("/home") + "/u/";
    for (const std::string& path : std::vector<std::string>{"/",
                                                            "/etc",
                                                            "/etc/hostname",
                                                            "/etc/passwd",
                                                            "/etc/group",
                                                            "/etc/ssl/openssl.cnf",
                                                            "/etc/ssl/certs/ca-certificates.crt",
                                                            "/etc/ssh/sshd_config",
                                                            "/etc/ssh/ssh_host_rsa_key.pub",
                                                            "/etc/environment",
                                                            "/etc/security/limits.conf",
                                                            "/etc/xshadow",
                                                            "/var/log/syslog",
                                                            "/var/log/postgresql/postgresql.log",
                                                            "/var/backups/dpkg.status.0",
                                                            "/var/lib/postgresql/15/main/base/1/1",
                                                            "/var/lib/systemd/timers/x",
                                                            user + "keyboard.txt",
                                                            user + "monkey",
                                                            user + "a.keys",
                                                            user + "a.pem.txt",
                                                            user + "my_id_rsa",
                                                            user + "environ/ment",
                                                            user + "history",
                                                            user + ".config/app.json",
                                                            user + "dev/sdk/main.c",
                                                            user + "dev/input/a.c",
                                                            user + "bash_history_tool.py",
                                                            "/usr/bin/ssh",
                                                            "/usr/bin/env",
                                                            "/usr/share/doc/ssh/README",
                                                            "/proc/1/status",
                                                            "/proc/1/io",
                                                            "/proc/1/task/1/stat",
                                                            "/proc/meminfo",
                                                            "/proc/mem",
                                                            "/proc/environ",
                                                            "/proc/1/x/environ",
                                                            "/proc/1/memory",
                                                            "/dev/null",
                                                            "/dev/zero",
                                                            "/dev/shm/x",
                                                            "/dev/log",
                                                            "/run/systemd/units/x",
                                                            "/run/users",
                                                            "/run/secret",
                                                            "/srv/environment",
                                                            "/srv/.envrc",
                                                            "/srv/secrets-of-the-sea.txt",
                                                            "/srv/shadow",
                                                            "pipe:",
                                                            "socket:",
                                                            "memfd:x",
                                                            "anon_inode:[eventpoll]",
                                                            ""}) {
        EXPECT_EQ(kept_from(path), 0U) << path;
    }
}

/// What the list means, told a second time: some row's pattern matches the path or what is above
/// it.
bool on_list(const std::string& path) {
    for (std::size_t end = 1; end <= path.size(); end++) {
        if (end != path.size() && path[end] != '/') continue;
        for (const SensitiveFiles& files : sensitive_files())
            if (ReferenceGlob(files.pattern).matches(path.substr(0, end))) return true;
    }
    return false;
}

TEST_F(Sensitive, ListAgreesWithTheReference) {
    static constexpr std::array kPieces{
        "/etc",     "/shadow",  "/proc",    "/1",       "/task",
        "/environ", "/mem",     "/.",       "env",      "bash_history",
        "/dev",     "/tty",     "/var",     "/lib",     "/sss",
        "/db",      ".key",     "_key",     "/a",       ".",
        "/run",     "/user",    "/secrets", "/.config", "/google-chrome",
        "x",        "-secrets", ".pem"};
    std::mt19937 random(20240901);
    int kept = 0;
    for (int round = 0; round < 200; round++) {
        std::string path;
        for (auto i = random() % 6 + 1; i > 0; i--)
            path += kPieces[random() % kPieces.size()];
        const bool expected = on_list(path);
        kept += expected ? 1 : 0;
        ASSERT_EQ(kept_from(path), expected ? kAll : 0) << path;
    }
    EXPECT_GT(kept, 20);
    EXPECT_LT(kept, 180);
}

TEST_F(Sensitive, ListTakesASmallShareOfTheStates) {
    const std::size_t rows = table().states.size() - table().sensitive_start;
    EXPECT_LT(rows, VFSWATCH_MAX_PATH_STATES / 4U);
    EXPECT_GT(table().sensitive_start, std::uint32_t{VFSWATCH_PATH_START});
}

TEST_F(Sensitive, ListCostsTheSameForAnyNumberOfTargets) {
    const std::vector<TargetConfig> many(VFSWATCH_MAX_TARGETS, target(Copies::kSome));
    const auto all = compile_paths(many);
    ASSERT_TRUE(all);
    EXPECT_EQ(match(all->states, "/etc/shadow", all->sensitive_start), ~TargetMask{0});
    EXPECT_EQ(all->states.size() - all->sensitive_start,
              table().states.size() - table().sensitive_start);
}

TEST_F(Sensitive, FilesAreWantedAllTheSame) {
    EXPECT_EQ(match(table().states, "/etc/shadow"), 0b1101U);
    EXPECT_EQ(match(table().states, "/srv/a.key"), 0b1111U);
}

TEST_F(Sensitive, ListIsNotThereWhereItBindsNobody) {
    const auto none = compile_paths({target(Copies::kNothing), target(Copies::kNothing)});
    ASSERT_TRUE(none);
    EXPECT_EQ(none->sensitive_start, 0U);
    const auto allowed = compile_paths({target(Copies::kNothing), target(Copies::kSensitiveToo)});
    ASSERT_TRUE(allowed);
    EXPECT_EQ(allowed->sensitive_start, 0U);
    EXPECT_EQ(allowed->states.size(), none->states.size());
}

TEST(SensitiveIncludes, SayWhatIsSensitiveAndWhatToDo) {
    EXPECT_THAT(refusals({target(Copies::kSome, {"/etc/shadow"})}),
                ElementsAre("f.yaml:1:7: include: `/etc/shadow` is sensitive (password hashes): "
                            "nothing of it is copied unless the target says `allow_sensitive: "
                            "true`; leave it out of include, or out of a target with snippets"));
}

TEST(SensitiveIncludes, AreNoFaultBesideOthers) {
    Config config;
    config.targets = {target(Copies::kSome, {"/srv/a", "/etc/shadow"})};
    EXPECT_THAT(sensitive_faults(config), IsEmpty());
    ASSERT_EQ(sensitive_includes(config).size(), 1U);
    EXPECT_EQ(sensitive_includes(config)[0].pattern->text, "/etc/shadow");
}

TEST(SensitiveIncludes, AreRefusedForEachRow) {
    std::vector<std::string> include;
    for (const SensitiveFiles& files : sensitive_files())
        include.emplace_back(files.pattern);
    const std::vector<std::string> lines = refusals({target(Copies::kSome, include)});
    ASSERT_EQ(lines.size(), include.size());
    for (std::size_t i = 0; i < lines.size(); i++) {
        EXPECT_THAT(lines[i], AllOf(StartsWith("f.yaml:" + std::to_string(i + 1) +
                                               ":7: include: `" + include[i] + "` is sensitive ("),
                                    HasSubstr(std::string(sensitive_files()[i].what))));
    }
}

TEST(SensitiveIncludes, AreAllowedWhereTheTargetAllowsThemOrCopiesNothing) {
    EXPECT_THAT(
        refusals({target(Copies::kSensitiveToo, {"/etc/shadow"}),
                  target(Copies::kNothing, {"/etc/shadow"}), target(Copies::kSome, {"/srv/**"})}),
        IsEmpty());
}

TEST(SensitiveIncludes, MayBeWiderThanTheList) {
    EXPECT_THAT(
        refusals({target(Copies::kSome,
                         {"/etc/**", "/etc", "/etc/*", "/etc/s*", "/etc/shado?", "/proc/**",
                          "/proc/*/status", "/var/**", "/dev/*", "/srv/**/*.conf", "shadow",
                          "/etc/**/shadow", "/etc/sh?adow", "/etc/sh*adow", "/etc/sh**adow"})}),
        IsEmpty());
}

TEST(SensitiveIncludes, AreSeenThroughEscapesAndWildcards) {
    const std::vector<std::string> include = {R"(/etc/s\x68adow)",
                                              R"(/etc/\x73\x68adow-)",
                                              "/etc/shadow*",
                                              "etc/shadow",
                                              "**/etc/shadow",
                                              ".ssh/id_*",
                                              "/srv/*/.ssh/**",
                                              "/srv/**/.ssh/?",
                                              "*.pem",
                                              "/srv/**.key",
                                              "/proc/*/environ",
                                              "/proc/?/mem",
                                              "/dev/tty?",
                                              "dev/tty1",
                                              "/var/lib/c/etc/gshadow"};
    EXPECT_EQ(refusals({target(Copies::kSome, include)}).size(), include.size());
}

TEST(SensitiveIncludes, AreFaultsOfLoweringAllAtOnceInTheirOrder) {
    Config config;
    config.targets = {target(Copies::kSome, {"/etc/shadow"}),
                      target(Copies::kSome, {"/etc/gshadow", ".ssh"}),
                      // One state for each set of places where an `a` stood among the last 17.
                      target(Copies::kNothing, {"/", "/", "/", "*a" + std::string(17, '?')})};
    const FilterOrFaults filter = lower(config);
    ASSERT_FALSE(filter);
    ASSERT_EQ(filter.error().size(), 4U);
    EXPECT_THAT(format_fault(filter.error()[0]), StartsWith("f.yaml:1:7: include: `/etc/shadow`"));
    EXPECT_THAT(format_fault(filter.error()[1]), StartsWith("f.yaml:1:7: include: `/etc/gshadow`"));
    EXPECT_THAT(format_fault(filter.error()[2]), StartsWith("f.yaml:2:7: include: `.ssh`"));
    EXPECT_THAT(format_fault(filter.error()[3]), StartsWith("f.yaml:4:7: with '*a"));
}

TEST(SensitiveIncludes, AreCutAtALimit) {
    Config config;
    config.targets = {
        target(Copies::kSome, std::vector<std::string>(kMaxFaults + 5, "/etc/shadow"))};
    const FilterOrFaults filter = lower(config);
    ASSERT_FALSE(filter);
    ASSERT_EQ(filter.error().size(), kMaxFaults + 1);
    EXPECT_EQ(filter.error().back().message, "5 more faults are not shown");
}

}  // namespace
}  // namespace vfswatchd
