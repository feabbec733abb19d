// SPDX-License-Identifier: Apache-2.0
#include "config/keys.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>

namespace vfswatchd {
namespace {

constexpr FileTypeMask type_bit(unsigned mode) {
    return static_cast<FileTypeMask>(1U << (mode >> 12U));
}

constexpr std::array<FileTypeWord, 6> kNamedTypes = {{
    {"regular", type_bit(S_IFREG)},
    {"directory", type_bit(S_IFDIR)},
    {"chardev", type_bit(S_IFCHR)},
    {"blockdev", type_bit(S_IFBLK)},
    {"fifo", type_bit(S_IFIFO)},
    {"socket", type_bit(S_IFSOCK)},
}};

// Anonymous inodes (eventfd, inotify ...) have no type at all: they are `other`.
constexpr FileTypeMask other_types() {
    FileTypeMask named = 0;
    for (const FileTypeWord& type : kNamedTypes)
        named = FileTypeMask(named | type.types);
    return FileTypeMask(~named);
}

constexpr std::array<FileTypeWord, 7> kFileTypeWords = {
    kNamedTypes[0], kNamedTypes[1], kNamedTypes[2],          kNamedTypes[3],
    kNamedTypes[4], kNamedTypes[5], {"other", other_types()}};

constexpr std::array<LabelWord, 10> kLabelWords = {{
    {"pid", &LabelFields::pid},
    {"comm", &LabelFields::comm},
    {"uid", &LabelFields::uid},
    {"unit", &LabelFields::unit},
    {"cgroup", &LabelFields::cgroup},
    {"container", &LabelFields::container},
    {"pod", &LabelFields::pod},
    {"device", &LabelFields::device},
    {"inode", &LabelFields::inode},
    {"call", &LabelFields::call},
}};

constexpr std::array<PathViewWord, 2> kPathViewWords = {{
    {"process", PathView::kProcess},
    {"host", PathView::kHost},
}};

constexpr std::int64_t kHour = 3600;

constexpr std::array kKeys = std::to_array<KeySpec>({
    {KeyId::kListen, "listen", KeyType::kMappingList, false, 0, 0, 16,
     R"([{address: "127.0.0.1:9974"}])",
     "Where the Prometheus endpoint listens; left out: on the sockets that systemd passes, if any, "
     "else at the default address."},
    {KeyId::kListenAddress, "listen[].address", KeyType::kAddress, true, 0, 0, 0, "",
     "host:port or [v6]:port; the host is an IP address or localhost, port 0 is any free one. Or "
     "systemd: the sockets that systemd passes (vfswatchd.socket). Or unix:/path, a unix socket."},
    {KeyId::kListenMode, "listen[].mode", KeyType::kMode, false, 0, 0777, 0, "\"0660\"",
     "Who may connect to a unix socket: its permissions, in octal and in quotes."},
    {KeyId::kListenGroup, "listen[].group", KeyType::kGroup, false, 0, kMaxUid, 0, "",
     "The group of a unix socket, by name or number, one that the daemon is in; left out: its "
     "own."},
    {KeyId::kWebConfigFile, "web_config_file", KeyType::kFile, false, 0, 0, 0, "",
     "A file with the certificates, users and headers of the endpoint, in the web configuration "
     "format of Prometheus and its exporters; it holds for all but unix sockets. A relative path "
     "begins at this file's directory. Left out or empty: plain HTTP, for everybody."},
    {KeyId::kProbe, "probe", KeyType::kMapping, false, 0, 0, 0, "",
     "How reads are seen; left out: the best that this kernel offers."},
    {KeyId::kProbeAccounting, "probe.accounting", KeyType::kWord, false, 0, 0, 0, kAutoWord,
     "Where reads are counted: at the permission check, or with exit at their ends, by the method "
     "of probe.exit, where what it misses is not counted."},
    {KeyId::kProbeExit, "probe.exit", KeyType::kWord, false, 0, 0, 0, kAutoWord,
     "How the ends of reads are seen; off: not at all, so that there are no errors, ends of file, "
     "durations and snippets."},
    {KeyId::kPersist, "persist", KeyType::kBool, false, 0, 0, 0, "true",
     "Whether counts and probes outlive a restart or crash of the service under systemd."},
    {KeyId::kPersistOnStop, "persist_on_stop", KeyType::kBool, false, 0, 0, 0, "false",
     "Whether they outlive a clean stop as well, until the next start of the same boot; needs "
     "persist: true."},
    {KeyId::kPathView, "path_view", KeyType::kWord, false, 0, 0, 0, "process",
     "Whose mount namespace paths are shown by: the reading process's or the host's."},
    {KeyId::kLimits, "limits", KeyType::kMapping, false, 0, 0, 0, "",
     "Ceilings over all targets; what is beyond them goes to the overflow counters."},
    {KeyId::kMaxSeries, "limits.max_series", KeyType::kCount, false, 1, 1000000, 0, "20000",
     "Files on the endpoint at one moment, each with its labels."},
    {KeyId::kMaxFiles, "limits.max_files", KeyType::kCount, false, 1, 4194304, 0, "65536",
     "Sums kept in the kernel; a file takes one for each combination of its labels."},
    {KeyId::kMaxTasks, "limits.max_tasks", KeyType::kCount, false, 1, 1048576, 0, "32768",
     "Threads with reads under way in the kernel's books."},
    {KeyId::kSnippetsPerSecond, "limits.snippets_per_second", KeyType::kCount, false, 1, 200, 0,
     "100",
     "Entries that all targets together may write into the journal in a second; far below "
     "journald's own limit of 10,000 in 30 s."},
    {KeyId::kIdleSeriesTimeout, "limits.idle_series_timeout", KeyType::kDuration, false, 1,
     7 * 24 * kHour, 0, "15m", "A file that nobody read for this long leaves the endpoint."},
    {KeyId::kTargets, "targets", KeyType::kMappingList, true, 0, 0, 8 * sizeof(TargetMask), "",
     "What is watched. Drop-ins in conf.d add to this list."},
    {KeyId::kTargetName, "targets[].name", KeyType::kName, true, 0, 0, 0, "",
     "The label target of its metrics; unique."},
    {KeyId::kProcesses, "targets[].processes", KeyType::kMapping, false, 0, 0, 0, "",
     "Whose reads are counted: processes that any of these selects; left out: every process."},
    {KeyId::kPids, "targets[].processes.pids", KeyType::kPidList, false, 1, kMaxPid, 4096, "",
     "Process ids, each with all its threads."},
    {KeyId::kComms, "targets[].processes.comms", KeyType::kCommList, false, 0, 0, 1000, "",
     "Names of processes as their main thread has them (/proc/PID/comm), exact."},
    {KeyId::kExes, "targets[].processes.exes", KeyType::kPatternList, false, 0, 0, 1000, "",
     "Patterns of the executables' paths; each starts with /."},
    {KeyId::kUnits, "targets[].processes.units", KeyType::kUnitList, false, 0, 0, 1000, "",
     "systemd units of the system, each with the cgroups below it; * and ? are wildcards."},
    {KeyId::kCgroups, "targets[].processes.cgroups", KeyType::kPatternList, false, 0, 0, 1000, "",
     "Patterns of cgroups' paths (/proc/PID/cgroup); one without wildcards means those below too."},
    {KeyId::kUids, "targets[].processes.uids", KeyType::kUidList, false, 0, kMaxUid, 1000, "",
     "Users, by name or number; names are looked up when the configuration is read."},
    {KeyId::kFollowChildren, "targets[].processes.follow_children", KeyType::kBool, false, 0, 0, 0,
     "false", "Whether the descendants of a selected process are selected too."},
    {KeyId::kPaths, "targets[].paths", KeyType::kMapping, false, 0, 0, 0, "",
     "Which files are counted; left out: every file of the wanted types."},
    {KeyId::kInclude, "targets[].paths.include", KeyType::kPatternList, false, 0, 0, 1000, "",
     "Patterns of the wanted paths; left out: every path."},
    {KeyId::kExclude, "targets[].paths.exclude", KeyType::kPatternList, false, 0, 0, 1000, "",
     "Patterns of paths that are not wanted, whatever include says."},
    {KeyId::kFileTypes, "targets[].file_types", KeyType::kWordList, false, 0, 0,
     kFileTypeWords.size(), "[regular]", "Which kinds of files are counted."},
    {KeyId::kLabels, "targets[].labels", KeyType::kWordList, false, 0, 0, kLabelWords.size(), "",
     "Labels on top of target and path; each multiplies the number of series."},
    {KeyId::kTargetMaxFiles, "targets[].max_files", KeyType::kCount, false, 1, 4194304, 0, "",
     "Its share of limits.max_files; left out: it may take all of them."},
    {KeyId::kLatency, "targets[].latency", KeyType::kBool, false, 0, 0, 0, "false",
     "Whether a histogram shows how long the target's reads take."},
    {KeyId::kSnippets, "targets[].snippets", KeyType::kMapping, false, 0, 0, 0, "",
     "Copies the first bytes of sampled reads into the journal; needs paths.include. Left out: "
     "nothing is ever copied."},
    {KeyId::kSnippetMaxBytes, "targets[].snippets.max_bytes", KeyType::kCount, false, 1, 4096, 0,
     "40", "How much of a sampled read is copied at most."},
    {KeyId::kSnippetSample, "targets[].snippets.sample", KeyType::kSample, false, 1, 1000000, 0,
     "1/100", "Which share of the target's reads is sampled: one in how many."},
    {KeyId::kSnippetRate, "targets[].snippets.rate", KeyType::kRate, false, 1, 1000000, 0, "10/s",
     "How many samples the target may take in a second (s), a minute (m) or an hour (h)."},
    {KeyId::kSnippetEncoding, "targets[].snippets.encoding", KeyType::kWord, false, 0, 0, 0, "text",
     "How the bytes are written: as text with C-style escapes, hex or base64."},
    {KeyId::kSnippetRedact, "targets[].snippets.redact", KeyType::kExpressionList, false, 0, 0, 32,
     "", "RE2 regular expressions; what their groups match is shown as ***."},
    {KeyId::kSnippetAllowSensitive, "targets[].snippets.allow_sensitive", KeyType::kBool, false, 0,
     0, 0, "false",
     "Whether the built-in list of files that are never copied is lifted for this target."},
});

template <typename Words>
std::vector<std::string_view> names_of(const Words& words) {
    std::vector<std::string_view> names;
    for (const auto& entry : words)
        names.push_back(entry.word);
    return names;
}

template <typename Methods>
std::vector<std::string_view> names_with_auto(const Methods& methods) {
    std::vector<std::string_view> names = {kAutoWord};
    for (const auto& entry : methods)
        names.push_back(entry.word);
    return names;
}

}  // namespace

KeyTable config_keys() {
    return kKeys;
}

std::string_view key_name(const KeySpec& key) {
    const std::size_t dot = key.path.rfind('.');
    return dot == std::string_view::npos ? key.path : key.path.substr(dot + 1);
}

std::string_view key_parent(const KeySpec& key) {
    const std::size_t dot = key.path.rfind('.');
    return dot == std::string_view::npos ? std::string_view() : key.path.substr(0, dot);
}

std::vector<std::string_view> names_under(KeyTable keys, std::string_view parent) {
    std::vector<std::string_view> names;
    for (const KeySpec& key : keys) {
        if (key_parent(key) == parent) names.push_back(key_name(key));
    }
    return names;
}

const KeySpec* find_key(KeyTable keys, std::string_view parent, std::string_view name) {
    const auto found = std::find_if(keys.begin(), keys.end(), [&](const KeySpec& key) {
        return key_parent(key) == parent && key_name(key) == name;
    });
    return found == keys.end() ? nullptr : &*found;
}

std::span<const FileTypeWord> file_type_words() {
    return kFileTypeWords;
}

std::span<const LabelWord> label_words() {
    return kLabelWords;
}

std::span<const PathViewWord> path_view_words() {
    return kPathViewWords;
}

std::vector<std::string_view> words_of(KeyId id) {
    switch (id) {
        case KeyId::kPathView:
            return names_of(kPathViewWords);
        case KeyId::kFileTypes:
            return names_of(kFileTypeWords);
        case KeyId::kLabels:
            return names_of(kLabelWords);
        case KeyId::kProbeAccounting:
            return names_with_auto(kAccountingMethods);
        case KeyId::kProbeExit:
            return names_with_auto(kExitMethods);
        case KeyId::kSnippetEncoding:
            return names_of(kSnippetEncodings);
        default:
            return {};
    }
}

}  // namespace vfswatchd
