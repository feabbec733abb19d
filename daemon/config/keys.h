// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "config/config.h"

namespace vfswatchd {

enum class KeyId {
    kListen,
    kListenAddress,
    kListenMode,
    kListenGroup,
    kWebConfigFile,
    kProbe,
    kProbeAccounting,
    kProbeExit,
    kPersist,
    kPersistOnStop,
    kPathView,
    kLimits,
    kMaxSeries,
    kMaxFiles,
    kMaxTasks,
    kSnippetsPerSecond,
    kIdleSeriesTimeout,
    kTargets,
    kTargetName,
    kProcesses,
    kPids,
    kComms,
    kExes,
    kUnits,
    kCgroups,
    kUids,
    kFollowChildren,
    kPaths,
    kInclude,
    kExclude,
    kFileTypes,
    kLabels,
    kTargetMaxFiles,
    kLatency,
    kSnippets,
    kSnippetMaxBytes,
    kSnippetSample,
    kSnippetRate,
    kSnippetEncoding,
    kSnippetRedact,
    kSnippetAllowSensitive,
    kOfWebConfig,  ///< any key of the web config file, which has a reader of its own
};

enum class KeyType {
    kMapping,
    kMappingList,
    kName,
    kAddress,
    kFile,
    kText,
    kMode,
    kGroup,
    kCount,
    kDuration,
    kSample,
    kRate,
    kPidList,
    kCommList,
    kUnitList,
    kUidList,
    kPatternList,
    kExpressionList,
    kWordList,
    kWord,
    kBool,
};

/// One key of a configuration file: all that the parser, the schema and the manual say of it.
struct KeySpec {
    KeyId id;
    std::string_view path;  ///< `targets[].paths.include`
    KeyType type;
    bool required;
    std::int64_t min;  ///< count, pid, uid, and N of sample and rate: smallest; duration: seconds
    std::int64_t max;
    std::size_t max_items;          ///< of a list; every list has at least one
    std::string_view default_text;  ///< as YAML; empty: there is none
    std::string_view description;
};

/// The keys of one kind of file, parents before their children.
using KeyTable = std::span<const KeySpec>;

/// Every key of vfswatchd.yaml and its drop-ins.
[[nodiscard]] KeyTable config_keys();

/// `include` of `targets[].paths.include`
[[nodiscard]] std::string_view key_name(const KeySpec& key);

/// `targets[].paths` of `targets[].paths.include`; empty: top level.
[[nodiscard]] std::string_view key_parent(const KeySpec& key);

/// The names that a mapping may hold.
[[nodiscard]] std::vector<std::string_view> names_under(KeyTable keys, std::string_view parent);

/// nullptr: no such key at that place.
[[nodiscard]] const KeySpec* find_key(KeyTable keys, std::string_view parent,
                                      std::string_view name);

struct FileTypeWord {
    std::string_view word;
    FileTypeMask types;
};
[[nodiscard]] std::span<const FileTypeWord> file_type_words();

struct LabelWord {
    std::string_view word;
    bool LabelFields::*field;
};
[[nodiscard]] std::span<const LabelWord> label_words();

struct PathViewWord {
    std::string_view word;
    PathView view;
};
[[nodiscard]] std::span<const PathViewWord> path_view_words();

/// Leaves a method to the daemon, which takes the best that the kernel offers.
inline constexpr std::string_view kAutoWord = "auto";

/// The words that a kWordList or a kWord takes; none for keys of other types.
[[nodiscard]] std::vector<std::string_view> words_of(KeyId id);

/// Where the endpoint listens when nothing else is said and systemd passes no sockets.
inline constexpr std::string_view kDefaultListenAddress = "127.0.0.1:9974";

/// As an address: the sockets that systemd passes.
inline constexpr std::string_view kSystemdWord = "systemd";

/// PID_MAX_LIMIT of 64-bit kernels is 2^22; process ids stay below it (proc(5), pid_max).
inline constexpr std::int64_t kMaxPid = (1 << 22) - 1;

/// The number behind it means "no user", setuid(2).
inline constexpr std::int64_t kMaxUid = 4294967294;

/// PATH_MAX without its NUL: no path is longer, so no pattern need be.
inline constexpr std::size_t kMaxPatternBytes = 4095;

inline constexpr std::size_t kMaxNameBytes = 63;

/// TASK_COMM_LEN without its NUL.
inline constexpr std::size_t kMaxCommBytes = 15;

/// systemd's UNIT_NAME_MAX without its NUL.
inline constexpr std::size_t kMaxUnitBytes = 255;

/// Of one regular expression: what people write and review, by far.
inline constexpr std::size_t kMaxExpressionBytes = 1000;

}  // namespace vfswatchd
