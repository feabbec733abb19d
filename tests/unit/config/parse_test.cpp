// SPDX-License-Identifier: Apache-2.0
#include "config/parse.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/values.h"

namespace vfswatchd {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

Config parsed(const std::string& text) {
    const ConfigOrFaults config = parse_config({"f.yaml", text});
    if (config) return *config;
    for (const ConfigFault& fault : config.error())
        ADD_FAILURE() << format_fault(fault);
    return {};
}

template <typename Text>
std::vector<std::string> texts(const std::vector<Text>& items) {
    std::vector<std::string> out;
    for (const Text& item : items)
        out.push_back(item.text);
    return out;
}

std::vector<std::uint32_t> numbers(const std::vector<UidSelector>& users) {
    std::vector<std::uint32_t> out;
    for (const UidSelector& user : users)
        out.push_back(user.uid);
    return out;
}

constexpr unsigned bit(unsigned mode) {
    return 1U << (mode >> 12U);
}

TEST(ConfigParse, KeepsNothingWhereItIsToldSo) {
    EXPECT_FALSE(parsed("persist: false\ntargets: [{name: a}]\n").persist);
}

TEST(ConfigParse, FillsInEveryDefault) {
    const Config config = parsed("targets: [{name: a}]\n");
    ASSERT_EQ(config.listen.size(), 1U);
    EXPECT_TRUE(config.listens_by_default);
    EXPECT_FALSE(config.listen[0].systemd);
    EXPECT_EQ(config.listen[0].host, "127.0.0.1");
    EXPECT_EQ(config.listen[0].port, 9974);
    EXPECT_EQ(config.probe, ProbeWishes{});
    EXPECT_TRUE(config.persist);
    EXPECT_FALSE(config.persist_on_stop);
    EXPECT_EQ(config.path_view, PathView::kProcess);
    EXPECT_EQ(config.limits.max_series, 20000U);
    EXPECT_EQ(config.limits.max_files, 65536U);
    EXPECT_EQ(config.limits.max_tasks, 32768U);
    EXPECT_EQ(config.limits.idle_series_timeout, std::chrono::minutes(15));
    ASSERT_EQ(config.targets.size(), 1U);
    const TargetConfig& target = config.targets[0];
    EXPECT_TRUE(target.processes.empty());
    EXPECT_FALSE(target.processes.follow_children);
    EXPECT_THAT(target.include, IsEmpty());
    EXPECT_THAT(target.exclude, IsEmpty());
    EXPECT_EQ(target.file_types, bit(S_IFREG));
    EXPECT_EQ(target.labels, LabelFields{});
    EXPECT_EQ(target.max_files, 0U);
    EXPECT_FALSE(target.latency);
    EXPECT_FALSE(target.snippets);
    EXPECT_EQ(config.limits.snippets_per_second, 100U);
}

TEST(ConfigParse, ReadsEveryKey) {
    const Config config = parsed(R"(
listen:
  - address: "0.0.0.0:1"
  - address: "[::]:65535"
  - address: localhost:0
  - address: systemd
probe:
  accounting: kprobe_multi
  exit: fexit
persist: true
persist_on_stop: true
path_view: host
limits:
  max_series: 1
  max_files: 64
  max_tasks: 1048576
  snippets_per_second: 200
  idle_series_timeout: 1h1m1s
targets:
  - name: postgres
    processes:
      pids: [4194303, 1]
      comms: [postgres, "kworker/0:1", fifteen-bytes-x]
      exes: [/usr/bin/postgres, "/opt/*/bin/**", '/a\x20b']
      units: ['system-a\x2db.slice', postgresql@15-main.service, "app@*.s?ope.scope"]
      cgroups: [/, /system.slice/x.service, "/kubepods.slice/**"]
      uids: [root, 4294967294, 1001]
      follow_children: true
    paths:
      include: ["/var/lib/postgresql/**", '/a\xff\\\*\?', /x]
      exclude: ["**/*.tmp", 'memfd:x']
    file_types: [regular, directory, chardev, blockdev, fifo, socket, other]
    labels: [pid, comm, uid, unit, cgroup, container, pod, device, inode, call]
    max_files: 4194304
    latency: true
    snippets:
      max_bytes: 4096
      sample: 1/1000000
      rate: 1000000/h
      encoding: base64
      redact: ['password=(\S+)', (secret)]
      allow_sensitive: true
  - name: other
    paths: {include: [/]}
)");
    ASSERT_EQ(config.listen.size(), 4U);
    EXPECT_FALSE(config.listens_by_default);
    EXPECT_TRUE(config.listen[3].systemd);
    EXPECT_EQ(format_place(config.listen[3].place), "f.yaml:6:14");
    EXPECT_EQ(config.listen[1].host, "::");
    EXPECT_TRUE(config.persist);
    EXPECT_TRUE(config.persist_on_stop);
    EXPECT_EQ(config.listen[1].port, 65535);
    EXPECT_EQ(config.listen[2].host, "localhost");
    EXPECT_EQ(config.listen[2].port, 0);
    EXPECT_EQ(config.probe.accounting, AccountingMethod::kKprobeMulti);
    EXPECT_EQ(config.probe.exit, ExitMethod::kFexit);
    EXPECT_EQ(config.path_view, PathView::kHost);
    EXPECT_EQ(config.limits.max_series, 1U);
    EXPECT_EQ(config.limits.max_files, 64U);
    EXPECT_EQ(config.limits.max_tasks, 1048576U);
    EXPECT_EQ(config.limits.idle_series_timeout, std::chrono::seconds(3661));
    ASSERT_EQ(config.targets.size(), 2U);
    const TargetConfig& target = config.targets[0];
    EXPECT_EQ(target.name, "postgres");
    ASSERT_EQ(target.processes.pids.size(), 2U);
    EXPECT_EQ(target.processes.pids[0].pid, 4194303U);
    EXPECT_THAT(texts(target.processes.comms),
                ElementsAre("postgres", "kworker/0:1", "fifteen-bytes-x"));
    EXPECT_THAT(texts(target.processes.exes),
                ElementsAre("/usr/bin/postgres", "/opt/*/bin/**", R"(/a\x20b)"));
    EXPECT_THAT(
        texts(target.processes.units),
        ElementsAre(R"(system-a\x2db.slice)", "postgresql@15-main.service", "app@*.s?ope.scope"));
    EXPECT_THAT(texts(target.processes.cgroups),
                ElementsAre("/", "/system.slice/x.service", "/kubepods.slice/**"));
    EXPECT_THAT(numbers(target.processes.uids), ElementsAre(0U, 4294967294U, 1001U));
    EXPECT_TRUE(target.processes.follow_children);
    EXPECT_EQ(target.processes.pids[1].pid, 1U);
    EXPECT_THAT(texts(target.include),
                ElementsAre("/var/lib/postgresql/**", R"(/a\xff\\\*\?)", "/x"));
    EXPECT_THAT(texts(target.exclude), ElementsAre("**/*.tmp", "memfd:x"));
    EXPECT_EQ(target.file_types, 0xffffU);
    EXPECT_EQ(target.labels,
              (LabelFields{true, true, true, true, true, true, true, true, true, true}));
    EXPECT_EQ(target.max_files, 4194304U);
    EXPECT_TRUE(target.latency);
    EXPECT_EQ(config.limits.snippets_per_second, 200U);
    ASSERT_TRUE(target.snippets);
    EXPECT_EQ(target.snippets->max_bytes, 4096U);
    EXPECT_EQ(target.snippets->one_in, 1000000U);
    EXPECT_EQ(target.snippets->rate, (SnippetRate{1000000, std::chrono::hours(1)}));
    EXPECT_EQ(target.snippets->encoding, SnippetEncoding::kBase64);
    EXPECT_EQ(target.snippets->redact.apply("a secret password=x y"), "a *** password=*** y");
    EXPECT_TRUE(target.snippets->allow_sensitive);
    EXPECT_EQ(config.targets[1].name, "other");
    EXPECT_THAT(texts(config.targets[1].include), ElementsAre("/"));
    EXPECT_FALSE(config.targets[1].snippets);
}

/// What a target with these snippets has.
SnippetRules rules(const std::string& snippets) {
    const Config config =
        parsed("targets: [{name: a, paths: {include: [/a]}, snippets: {" + snippets + "}}]\n");
    return config.targets.at(0).snippets.value();
}

TEST(ConfigParse, FillsInWhatSnippetsLeaveOut) {
    const SnippetRules filled = rules("max_bytes: 7");
    EXPECT_EQ(filled.max_bytes, 7U);
    EXPECT_EQ(filled.one_in, 100U);
    EXPECT_EQ(filled.rate, (SnippetRate{10, std::chrono::seconds(1)}));
    EXPECT_EQ(filled.encoding, SnippetEncoding::kText);
    EXPECT_TRUE(filled.redact.empty());
    EXPECT_FALSE(filled.allow_sensitive);
    EXPECT_EQ(rules("encoding: hex").max_bytes, 40U);
}

TEST(ConfigParse, KnowsEveryUnitOfARate) {
    EXPECT_EQ(rules("rate: 1/s").rate, (SnippetRate{1, std::chrono::seconds(1)}));
    EXPECT_EQ(rules("rate: '20/m'").rate, (SnippetRate{20, std::chrono::minutes(1)}));
    EXPECT_EQ(rules("rate: 3/h").rate, (SnippetRate{3, std::chrono::hours(1)}));
}

TEST(ConfigParse, KnowsEveryEncodingByItsWord) {
    for (const auto& [word, encoding] : kSnippetEncodings)
        EXPECT_EQ(rules("encoding: " + std::string(word)).encoding, encoding) << word;
}

TEST(ConfigParse, LetsATargetSampleThatNamesFilesByWildcards) {
    for (const std::string include : {"/srv/**", "'*.log'", "'/*/a'", "'\\*'"}) {
        EXPECT_TRUE(parsed("targets: [{name: a, snippets: {rate: 1/s}, paths: {include: [" +
                           include + "]}}]\n")
                        .targets.at(0)
                        .snippets)
            << include;
    }
}

TEST(ConfigParse, TakesEveryFileWhereNothingIsCopied) {
    EXPECT_EQ(parsed("targets: [{name: a, snippets: {rate: 1/s}, paths: {include: [/b]}},"
                     " {name: b, paths: {include: [/**]}}, {name: c}]\n")
                  .targets.size(),
              3U);
}

TEST(ConfigParse, KeepsThePlacesOfWhatItRead) {
    const Config config = parsed(
        "targets:\n"
        "  - name: a\n"
        "    processes: {pids: [7], comms: [a], uids: [0]}\n"
        "    paths:\n"
        "      include:\n"
        "        - /x\n");
    const TargetConfig& target = config.targets.at(0);
    EXPECT_EQ(format_place(target.place), "f.yaml:2:5");
    EXPECT_EQ(format_place(target.processes.pids.at(0).place), "f.yaml:3:24");
    EXPECT_EQ(format_place(target.processes.comms.at(0).place), "f.yaml:3:36");
    EXPECT_EQ(format_place(target.processes.uids.at(0).place), "f.yaml:3:47");
    EXPECT_EQ(format_place(target.include.at(0).place), "f.yaml:6:11");
}

TEST(ConfigParse, KnowsEveryLabelByItsWord) {
    const auto labels = [](const std::string& word) {
        return parsed("targets: [{name: a, labels: [" + word + "]}]\n").targets.at(0).labels;
    };
    EXPECT_EQ(labels("pid"), LabelFields{.pid = true});
    EXPECT_EQ(labels("comm"), LabelFields{.comm = true});
    EXPECT_EQ(labels("uid"), LabelFields{.uid = true});
    EXPECT_EQ(labels("unit"), LabelFields{.unit = true});
    EXPECT_EQ(labels("cgroup"), LabelFields{.cgroup = true});
    EXPECT_EQ(labels("device"), LabelFields{.device = true});
    EXPECT_EQ(labels("inode"), LabelFields{.inode = true});
    EXPECT_EQ(labels("call"), LabelFields{.call = true});
}

ListenAddress listening(const std::string& entry, const Lookups& lookups = {}) {
    const ConfigOrFaults config = parse_config(
        {"/etc/f.yaml", "listen: [" + entry + "]\ntargets: [{name: a}]\n"}, {}, lookups);
    if (config) return config->listen.at(0);
    ADD_FAILURE() << format_fault(config.error().front());
    return {};
}

TEST(ConfigParse, ReadsUnixSockets) {
    const ListenAddress plain = listening("{address: unix:/run/a}");
    EXPECT_TRUE(plain.is_unix);
    EXPECT_EQ(plain.host, "/run/a");
    EXPECT_EQ(plain.mode, 0660U);
    EXPECT_FALSE(plain.group);
    EXPECT_EQ(listening("{address: unix:/run/a, mode: '0600'}").mode, 0600U);
    EXPECT_EQ(listening("{address: unix:/run/a, mode: '000'}").mode, 0U);
    EXPECT_EQ(listening("{mode: '777', address: unix:/run/a}").mode, 0777U);
    EXPECT_EQ(listening("{address: unix:/run/a, group: 4294967294}").group, 4294967294U);
    const std::string longest = "/" + std::string(106, 'x');
    EXPECT_EQ(listening("{address: 'unix:" + longest + "'}").host, longest);
}

TEST(ConfigParse, AsksForTheNumbersOfGroupsByTheirNames) {
    std::vector<std::string> asked;
    const IdLookup find_group = [&](const std::string& name) -> std::optional<std::uint32_t> {
        asked.push_back(name);
        return 70;
    };
    const ListenAddress entry =
        listening("{address: unix:/run/a, group: web-data}", {.group = find_group});
    EXPECT_EQ(entry.group, 70U);
    EXPECT_THAT(asked, ElementsAre("web-data"));
    EXPECT_EQ(listening("{address: unix:/run/a, group: root}").group, 0U);
}

TEST(ConfigParse, FindsTheWebConfigFileBesideItself) {
    const auto file = [](const std::string& path) {
        return parse_config(
                   {"/etc/d/f.yaml", "web_config_file: " + path + "\ntargets: [{name: a}]\n"})
            ->web_config_file;
    };
    EXPECT_EQ(file("web.yml"), "/etc/d/web.yml");
    EXPECT_EQ(file("../tls/web.yml"), "/etc/d/../tls/web.yml");
    EXPECT_EQ(file("/run/web.yml"), "/run/web.yml");
    EXPECT_EQ(
        parse_config({"f.yaml", "web_config_file: w\ntargets: [{name: a}]\n"})->web_config_file,
        "w");
    EXPECT_EQ(parsed("targets: [{name: a}]\n").web_config_file, "");
}

TEST(ConfigParse, AsksForTheNumbersOfUsersByTheirNames) {
    std::vector<std::string> asked;
    const IdLookup find_user = [&](const std::string& name) -> std::optional<std::uint32_t> {
        asked.push_back(name);
        return 70;
    };
    const ConfigOrFaults config =
        parse_config({"f.yaml", "targets: [{name: a, processes: {uids: [1001, web-data]}}]\n"}, {},
                     {.user = find_user});
    ASSERT_TRUE(config);
    EXPECT_THAT(numbers(config->targets.at(0).processes.uids), ElementsAre(1001U, 70U));
    EXPECT_THAT(asked, ElementsAre("web-data"));
}

TEST(ConfigParse, TakesAShareBeyondAllFiles) {
    const Config config = parsed("limits: {max_files: 64}\ntargets: [{name: a, max_files: 65}]\n");
    EXPECT_EQ(config.targets.at(0).max_files, 65U);
}

TEST(ConfigParse, TakesNamesOfProcessesAsTheyAreWritten) {
    const Config config =
        parsed(R"(targets: [{name: a, processes: {comms: [no, 010, '\x41', "\x41", (sd-pam)]}}])");
    EXPECT_THAT(texts(config.targets.at(0).processes.comms),
                ElementsAre("no", "010", "\\x41", "A", "(sd-pam)"));
}

TEST(LookUpUser, KnowsTheUsersOfThisMachine) {
    const auto root = look_up_user("root");
    ASSERT_TRUE(root.has_value());
    EXPECT_EQ(*root, std::optional<std::uint32_t>(0));
    const auto nobody = look_up_user("no such:user");
    ASSERT_TRUE(nobody.has_value());
    EXPECT_EQ(*nobody, std::nullopt);
}

TEST(ConfigParse, TakesNamesAsTheyAreWritten) {
    const Config config = parsed(
        "targets: [{name: no}, {name: 010}, {name: 1e3}, {name: 'null'}, {name: 4242},"
        " {name: a.b_c:d-E}]\n");
    std::vector<std::string> names;
    for (const TargetConfig& target : config.targets)
        names.push_back(target.name);
    EXPECT_THAT(names, ElementsAre("no", "010", "1e3", "null", "4242", "a.b_c:d-E"));
}

ProbeWishes wishes(const std::string& probe) {
    return parsed("probe: {" + probe + "}\ntargets: [{name: a}]\n").probe;
}

TEST(ConfigParse, KnowsEveryProbeMethodByItsWord) {
    for (const auto& [word, method] : kAccountingMethods) {
        EXPECT_EQ(wishes("accounting: " + std::string(word)), (ProbeWishes{method, {}})) << word;
    }
    for (const auto& [word, method] : kExitMethods) {
        EXPECT_EQ(wishes("exit: " + std::string(word)), (ProbeWishes{{}, method})) << word;
    }
}

TEST(ConfigParse, LeavesAnAutoMethodToTheDaemon) {
    EXPECT_EQ(wishes("accounting: auto, exit: auto"), ProbeWishes{});
}

TEST(ConfigParse, LetsAccountingAtExitTakeAnyMethodThatCanAccount) {
    for (const std::string method : {"auto", "fexit", "kprobe_multi"}) {
        EXPECT_EQ(wishes("accounting: exit, exit: " + method).accounting, AccountingMethod::kExit);
    }
}

TEST(ConfigParse, TakesLatencyFalseWithoutAnExitProbe) {
    const Config config =
        parsed("probe: {accounting: lsm, exit: off}\ntargets: [{name: a, latency: false}]\n");
    EXPECT_FALSE(config.targets.at(0).latency);
    EXPECT_EQ(config.probe.exit, ExitMethod::kOff);
}

TEST(ConfigParse, GivesAnonymousInodesToOther) {
    const Config config = parsed("targets: [{name: a, file_types: [other]}]\n");
    const unsigned named =
        bit(S_IFREG) | bit(S_IFDIR) | bit(S_IFCHR) | bit(S_IFBLK) | bit(S_IFIFO) | bit(S_IFSOCK);
    EXPECT_EQ(config.targets.at(0).file_types, 0xffffU & ~named);
    EXPECT_EQ(config.targets.at(0).file_types & 1U, 1U);  // i_mode without a type
}

TEST(ConfigParse, AllowsFreePortsSeveralTimes) {
    const Config config = parsed(
        "listen: [{address: '127.0.0.1:0'}, {address: '127.0.0.1:0'}]\ntargets: [{name: a}]\n");
    EXPECT_EQ(config.listen.size(), 2U);
}

TEST(ConfigParse, ReadsJson) {
    const Config config = parsed(
        R"({"targets": [{"name": "a", "paths": {"include": ["/x\\xff\\*", "/\u00e9\/y"]}}]})");
    EXPECT_THAT(texts(config.targets.at(0).include), ElementsAre(R"(/x\xff\*)", "/\xc3\xa9/y"));
}

TEST(ConfigParse, AddsTheTargetsOfDropInsInTheirOrder) {
    const ConfigOrFaults config =
        parse_config({"main", "limits: {max_files: 64}\ntargets: [{name: a}]\n"},
                     {{"one", "targets: [{name: c}]\n"}, {"two", "targets: [{name: b}]\n"}});
    ASSERT_TRUE(config);
    ASSERT_EQ(config->targets.size(), 3U);
    EXPECT_EQ(config->targets[1].name, "c");
    EXPECT_EQ(config->targets[1].place.file, "one");
    EXPECT_EQ(config->targets[2].name, "b");
    EXPECT_EQ(config->limits.max_files, 64U);
}

TEST(ConfigParse, LetsDropInsBringAllTheTargets) {
    EXPECT_TRUE(
        parse_config({"main", "limits: {max_files: 64}\n"}, {{"one", "targets: [{name: c}]"}}));
}

std::vector<std::string> faults_with(const std::vector<ConfigText>& drop_ins) {
    const ConfigOrFaults config = parse_config({"main", "targets: [{name: a}]\n"}, drop_ins);
    std::vector<std::string> lines;
    if (config) return lines;
    for (const ConfigFault& fault : config.error())
        lines.push_back(format_fault(fault));
    return lines;
}

TEST(ConfigParse, NamesBothPlacesOfANameInTwoFiles) {
    EXPECT_THAT(faults_with({{"one", "targets:\n - name: a\n"}}),
                ElementsAre(testing::AllOf(testing::StartsWith("one:2:10: name: found `a`"),
                                           HasSubstr("the first is at main:1:18"))));
}

TEST(ConfigParse, RefusesEverythingButTargetsInDropIns) {
    EXPECT_THAT(
        faults_with({{"one", "targets: [{name: b}]\nlimits: {max_files: 64}\n"}}),
        ElementsAre(testing::StartsWith("one:2:1: found `limits`, expected only `targets`")));
}

TEST(ConfigParse, RefusesProbesInDropIns) {
    EXPECT_THAT(
        faults_with({{"one", "targets: [{name: b}]\nprobe: {exit: off}\n"}}),
        ElementsAre(testing::StartsWith("one:2:1: found `probe`, expected only `targets`")));
}

TEST(ConfigParse, RefusesLatencyInADropInWhereTheMainFileSwitchesTheExitProbeOff) {
    const ConfigOrFaults config =
        parse_config({"main", "probe: {exit: off}\ntargets: [{name: a}]\n"},
                     {{"one", "targets:\n  - name: b\n    latency: true\n"},
                      {"two", "targets: [{name: c, latency: true}]\n"}});
    ASSERT_FALSE(config);
    ASSERT_EQ(config.error().size(), 2U);
    EXPECT_THAT(format_fault(config.error()[0]),
                testing::StartsWith("one:3:14: latency: found `true` while `probe.exit` at "
                                    "main:1:15 is `off`"));
    EXPECT_THAT(format_fault(config.error()[1]), testing::StartsWith("two:1:30: latency: "));
}

TEST(ConfigParse, RefusesSnippetsInADropInWhereTheMainFileSwitchesTheExitProbeOff) {
    const ConfigOrFaults config = parse_config(
        {"main", "targets: [{name: a}]\nprobe: {exit: off}\n"},
        {{"one", "targets: [{name: b, snippets: {rate: 1/s}, paths: {include: [/b]}}]\n"},
         {"two", "targets: [{name: c}]\n"}});
    ASSERT_FALSE(config);
    ASSERT_EQ(config.error().size(), 1U);
    EXPECT_THAT(format_fault(config.error()[0]),
                testing::StartsWith("one:1:31: snippets: found a mapping while `probe.exit` at "
                                    "main:2:15 is `off`"));
}

TEST(ConfigParse, SaysOnceThatAccountingNeedsTheExitProbe) {
    const ConfigOrFaults config =
        parse_config({"main", "probe: {accounting: exit, exit: off}\ntargets: [{name: a}]\n"},
                     {{"one", "targets: [{name: b}]\n"}});
    ASSERT_FALSE(config);
    ASSERT_EQ(config.error().size(), 1U);
    EXPECT_EQ(format_place(config.error()[0].place), "main:1:21");
}

TEST(ConfigParse, RefusesAnEmptyDropIn) {
    EXPECT_THAT(faults_with({{"one", "# nothing\n"}}),
                ElementsAre(testing::StartsWith("one:1:1: the file holds nothing")));
}

TEST(ConfigParse, ReportsTheFaultsOfAllFiles) {
    EXPECT_THAT(faults_with({{"one", "targets: [\n"}, {"two", "targets: []\n"}}),
                ElementsAre(testing::StartsWith("one:2:1: "), testing::StartsWith("two:1:10: ")));
}

TEST(ConfigParse, LimitsTargetsOverAllFiles) {
    std::string many = "targets:\n";
    for (int i = 0; i < 64; ++i)
        many += "  - name: t" + std::to_string(i) + "\n";
    EXPECT_THAT(faults_with({{"one", many}}),
                ElementsAre(testing::StartsWith("one:65:5: found the target number 65")));
}

TEST(Duration, ReadsBackWhatItWrites) {
    for (const std::int64_t seconds : {1, 59, 60, 61, 3599, 3600, 3661, 604800}) {
        const std::chrono::seconds duration(seconds);
        const auto back = parse_duration(format_duration(duration), std::chrono::seconds(1),
                                         std::chrono::hours(168));
        ASSERT_TRUE(back) << seconds;
        EXPECT_EQ(*back, duration);
    }
}

}  // namespace
}  // namespace vfswatchd
