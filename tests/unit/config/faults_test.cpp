// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/parse.h"
#include "config/yaml_tree.h"

namespace vfswatchd {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

std::vector<std::string> faults_of(const std::string& text) {
    const ConfigOrFaults config = parse_config({"f.yaml", text});
    std::vector<std::string> lines;
    if (config) return lines;
    for (const ConfigFault& fault : config.error())
        lines.push_back(format_fault(fault));
    return lines;
}

struct BadConfig {
    const char* name;
    const char* text;
    const char* place;
    const char* fragment;
};

void PrintTo(const BadConfig& bad, std::ostream* out) {
    *out << bad.name;
}

/// A target with one more line under its name.
#define TARGET "targets:\n  - name: a\n"
#define LISTEN "listen:\n  - address: "
#define TEN_BYTES "0123456789"
#define SOCKET_OF_107_BYTES                                                                   \
    TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES TEN_BYTES \
        TEN_BYTES "0123456"
/// One that may have snippets.
#define SAMPLING TARGET "    paths: {include: [/srv/**]}\n"

const BadConfig kBadConfigs[] = {
    // Not the one YAML document that was expected.
    {"Empty", "", "1:1", "the file holds nothing"},
    {"OnlyComments", "# targets:\n", "1:1", "the file holds nothing"},
    {"SecondDocument", TARGET "---\ntargets: []\n", "3:1", "a second YAML document"},
    {"EmptySecondDocument", TARGET "---\n", "3:1", "a second YAML document"},
    {"UnclosedBracket", "targets: [\n", "2:1", "end of sequence flow not found"},
    {"TabIndent", "targets:\n\t- name: a\n", "2:2", "with spaces, not with tabs"},
    {"UnquotedStar", TARGET "    paths:\n      include: [*.tmp]\n", "4:17", "must stand in quotes"},
    {"UnquotedDoubleStar", TARGET "    paths:\n      include:\n        - **/x\n", "5:11",
     "must stand in quotes"},
    {"Alias", "targets:\n  - name: &n a\n  - name: *n\n", "2:11", "a YAML anchor"},
    {"AliasUse", "targets:\n  - name: &n a\n  - name: *n\n", "3:11", "a YAML alias"},
    {"MergeKey", TARGET "    <<: {labels: [pid]}\n", "3:5", "a YAML merge key"},
    {"Tag", "targets:\n  - name: !!str a\n", "2:11", "the YAML tag"},
    {"ControlCharacter", "targets:\n  - name: \x04\n", "2:11", "the byte `\\x04`"},
    {"NotUtf8", "targets: \xff\n", "1:10", "expected UTF-8 text"},
    {"EndInAnEscape", "targets: \"\\", "1:12", "unknown escape character: \\x04"},
    {"DeepNesting", "targets: [[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]\n", "1:25",
     "nested deeper"},
    {"TopLevelList", "- name: a\n", "1:1", "found a list, expected a mapping"},
    {"TopLevelScalar", "hello\n", "1:1", "found `hello`, expected a mapping"},

    // Keys.
    {"UnknownKey", "target:\n  - name: a\n", "1:1", "did you mean `targets`?"},
    {"UnknownKeyFarFromAll", TARGET "    colour: red\n", "3:5",
     "expected one of name, processes, paths, file_types, labels, max_files, latency, snippets"},
    {"KeyAtTheWrongPlace", TARGET "    include: ['/etc/**']\n", "3:5",
     "its place is `targets[].paths.include`"},
    {"KeyOfTheWebConfigFile", "tls_server_config: {}\n" TARGET, "1:1",
     "unknown key `tls_server_config`"},
    {"DuplicateKey", TARGET "    labels: [pid]\n    labels: [comm]\n", "4:5",
     "a second time, the first is at f.yaml:3:5"},
    {"DuplicateTopLevelKey", "targets:\n  - name: a\ntargets:\n  - name: b\n", "3:1",
     "the first is at f.yaml:1:1"},
    {"ListAsKey", "[a]: b\n" TARGET, "1:1", "a list as a key"},
    {"NullAsKey", "~: b\n" TARGET, "1:1", "nothing as a key"},

    // Lists and mappings.
    {"NoTargets", "listen:\n  - address: '127.0.0.1:1'\n", "1:1", "no `targets`"},
    {"EmptyTargets", "targets: []\n", "1:10", "an empty list"},
    {"NullTargets", "targets:\n", "1:1", "targets: found nothing"},
    {"TargetsAsMapping", "targets:\n  name: a\n", "2:3", "found a mapping, expected a list"},
    {"TargetAsScalar", "targets:\n  - postgres\n", "2:5", "found `postgres`, expected a mapping"},
    {"EmptyTarget", "targets:\n  -\n", "2:3", "found nothing, expected a mapping"},
    {"EmptyProcesses", TARGET "    processes: {}\n", "3:16", "an empty mapping"},
    {"NullPaths", TARGET "    paths:\n", "3:5", "found nothing"},
    {"EmptyPids", TARGET "    processes: {pids: []}\n", "3:23", "leave the key away"},
    {"ScalarForList", TARGET "    paths: {include: /etc}\n", "3:22", "expected a list of patterns"},
    {"EmptyListen", "listen: []\n" TARGET, "1:9", "an empty list"},
    {"EmptyLimits", "limits: {}\n" TARGET, "1:9", "an empty mapping"},
    {"ListForLimits", "limits: [1]\n" TARGET, "1:9", "found a list, expected a mapping"},

    // Names.
    {"NoName", "targets:\n  - labels: [pid]\n", "2:5", "found no `name`"},
    {"NullName", "targets:\n  - name: null\n", "2:11", "put a word like null in quotes"},
    {"MissingName", "targets:\n  - name:\n", "2:5", "name: found nothing"},
    {"NameWithSpace", "targets:\n  - name: a b\n", "2:11", "found `a b`, expected a name"},
    {"EmptyName", "targets:\n  - name: ''\n", "2:11", "a name of 1 to 63"},
    {"LongName",
     "targets:\n  - name: "
     "a234567890123456789012345678901234567890123456789012345678901234\n",
     "2:11", "a name of 1 to 63"},
    {"NonAsciiName", "targets:\n  - name: caf\xc3\xa9\n", "2:11", "found `caf\xc3\xa9`"},
    {"NameAsList", "targets:\n  - name: [a]\n", "2:11", "found a list, expected a name"},
    {"DuplicateName", "targets:\n  - name: a\n  - name: b\n  - name: 'a'\n", "4:11",
     "a second time, the first is at f.yaml:2:11"},

    // Process ids.
    {"PidZero", TARGET "    processes: {pids: [0]}\n", "3:24", "from 1 to 4194303"},
    {"PidNegative", TARGET "    processes: {pids: [1, -1]}\n", "3:27", "found `-1`"},
    {"PidTooLarge", TARGET "    processes: {pids: [4194304]}\n", "3:24", "found `4194304`"},
    {"PidHuge", TARGET "    processes: {pids: [99999999999999999999]}\n", "3:24", "from 1 to"},
    {"PidOctal", TARGET "    processes: {pids: [010]}\n", "3:24", "a leading zero"},
    {"PidHex", TARGET "    processes: {pids: [0x10]}\n", "3:24", "found `0x10`"},
    {"PidName", TARGET "    processes: {pids: [postgres]}\n", "3:24", "found `postgres`"},
    {"PidQuoted", TARGET "    processes: {pids: [\"12\"]}\n", "3:24", "write it without quotes"},
    {"PidTwice", TARGET "    processes: {pids: [7, 8, 7]}\n", "3:30",
     "the first is at f.yaml:3:24"},

    // Names of processes.
    {"EmptyComms", TARGET "    processes: {comms: []}\n", "3:24",
     "comms: found an empty list, expected a list of processes' names"},
    {"EmptyComm", TARGET "    processes: {comms: ['']}\n", "3:25", "expected 1 to 15 bytes"},
    {"LongComm", TARGET "    processes: {comms: [postgres-writers]}\n", "3:25",
     "comms: found `postgres-writers`, expected at most 15 bytes, to which the kernel cuts a "
     "process's name; write `postgres-writer`"},
    {"LongCommInBytes",
     TARGET "    processes: {comms: [\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9"
            "\xc3\xa9\xc3\xa9]}\n",
     "3:25", "at most 15 bytes"},
    {"CommWithNul", TARGET "    processes: {comms: [\"a\\0b\"]}\n", "3:25", "a NUL byte"},
    {"NullComm", TARGET "    processes: {comms: [null]}\n", "3:25",
     "put a word like null in quotes"},
    {"CommTwice", TARGET "    processes: {comms: [a, b, 'a']}\n", "3:31",
     "the first is at f.yaml:3:25"},
    {"CommsAsWord", TARGET "    processes: {comms: postgres}\n", "3:24", "such as [postgres]"},
    {"CommForComms", TARGET "    processes: {comm: [a]}\n", "3:17", "did you mean `comms`?"},

    // Executables.
    {"RelativeExe", TARGET "    processes: {exes: [nginx]}\n", "3:24",
     "exes: found `nginx`, expected a pattern that starts with `/`; for any directory write "
     "`/**/nginx`"},
    {"ExeAtAnyDepth", TARGET "    processes: {exes: ['**/nginx']}\n", "3:24", "write `/**/nginx`"},
    {"EmptyExe", TARGET "    processes: {exes: ['']}\n", "3:24", "an empty pattern"},
    {"ExeInHome", TARGET "    processes: {exes: [~/bin/x]}\n", "3:24", "is not expanded"},
    {"ExeWithBadEscape", TARGET "    processes: {exes: ['/a\\z']}\n", "3:24", "one of the escapes"},
    {"ExeTwice", TARGET "    processes: {exes: [/a, /a]}\n", "3:28", "the first is at f.yaml:3:24"},

    // Units.
    {"UnitWithoutSuffix", TARGET "    processes: {units: [nginx]}\n", "3:25",
     "units: found `nginx`, expected a unit that can hold processes, with one of the suffixes "
     ".service, .socket, .mount, .swap, .slice, .scope; write the suffix out"},
    {"UnitWithoutProcesses", TARGET "    processes: {units: [logrotate.timer]}\n", "3:25",
     "a unit that can hold processes"},
    {"UnitThatIsASuffix", TARGET "    processes: {units: [.service]}\n", "3:25", "suffixes"},
    {"UnitWithSlash", TARGET "    processes: {units: [system.slice/a.service]}\n", "3:25",
     "a unit's name of 1 to 255 of the characters"},
    {"UnitWithSpace", TARGET "    processes: {units: ['a b.service']}\n", "3:25",
     "a unit's name of"},
    {"EmptyUnit", TARGET "    processes: {units: ['']}\n", "3:25", "a unit's name of 1 to 255"},
    {"UnitTemplate", TARGET "    processes: {units: ['getty@.service']}\n", "3:25",
     "an instance of this template; for all of them write 'getty@*.service'"},
    {"RootSlice", TARGET "    processes: {units: ['-.slice']}\n", "3:25", "leave `processes` away"},
    {"UnitWithYamlHex", TARGET "    processes: {units: [\"a\\x2db.slice\"]}\n", "3:25",
     "expected single quotes; write '\\xNN'"},
    {"UnitTwice", TARGET "    processes: {units: [a.slice, a.slice]}\n", "3:34",
     "the first is at f.yaml:3:25"},

    // Cgroups.
    {"RelativeCgroup", TARGET "    processes: {cgroups: [system.slice]}\n", "3:27",
     "cgroups: found `system.slice`, expected a pattern that starts with `/`"},
    {"CgroupWithMount", TARGET "    processes: {cgroups: [/sys/fs/cgroup/a.slice]}\n", "3:27",
     "leave `/sys/fs/cgroup` away"},
    {"CgroupWithSlash", TARGET "    processes: {cgroups: [/a.slice/]}\n", "3:27",
     "end it in `/**`"},
    {"CgroupWithYamlHex", TARGET "    processes: {cgroups: [\"/a\\x2db\"]}\n", "3:27",
     "expected single quotes"},

    // Users.
    {"UnknownUser", TARGET "    processes: {uids: [no-such-user]}\n", "3:24",
     "uids: found the unknown user `no-such-user`, expected the name of a user of this machine or "
     "a number from 0 to 4294967294; create the user, or write its number"},
    {"NoUser", TARGET "    processes: {uids: [4294967295]}\n", "3:24", "from 0 to 4294967294"},
    {"UidHuge", TARGET "    processes: {uids: [99999999999999999999]}\n", "3:24", "from 0 to"},
    {"UidNegative", TARGET "    processes: {uids: [-1]}\n", "3:24", "the unknown user `-1`"},
    {"UidOctal", TARGET "    processes: {uids: [010]}\n", "3:24", "a leading zero"},
    {"EmptyUser", TARGET "    processes: {uids: ['']}\n", "3:24", "the unknown user ``"},
    {"UserWithNul", TARGET "    processes: {uids: [\"root\\0\"]}\n", "3:24",
     "the unknown user `root\\x00`"},
    {"NullUser", TARGET "    processes: {uids: [~]}\n", "3:24", "found nothing"},
    {"UserTwice", TARGET "    processes: {uids: [root, 0]}\n", "3:30",
     "uids: found `0` a second time, the first is at f.yaml:3:24"},

    // Children.
    {"FollowNobody", TARGET "    processes: {follow_children: true}\n", "3:17",
     "found `follow_children` alone, expected one of the keys pids, comms, exes, units, cgroups, "
     "uids beside it; name the processes whose children are meant, or leave `processes` away"},
    {"DoNotFollowNobody", TARGET "    processes: {follow_children: false}\n", "3:17", "alone"},
    {"FollowYes", TARGET "    processes: {pids: [1], follow_children: yes}\n", "3:45",
     "follow_children: found `yes`, expected true or false"},
    {"FollowQuoted", TARGET "    processes: {pids: [1], follow_children: 'true'}\n", "3:45",
     "write it without quotes"},

    // Patterns.
    {"EmptyPattern", TARGET "    paths: {include: ['']}\n", "3:23", "an empty pattern"},
    {"TrailingSlash", TARGET "    paths: {include: ['/etc/']}\n", "3:23", "end it in `/**`"},
    {"DotDot", TARGET "    paths: {include: ['/a/../b']}\n", "3:23", "without `.` and `..`"},
    {"EscapedDotDot", TARGET "    paths: {include: ['/a/\\x2e./b']}\n", "3:23", "`.` and `..`"},
    {"LeadingDot", TARGET "    paths: {exclude: ['./b']}\n", "3:23", "`.` and `..`"},
    {"DoubleSlash", TARGET "    paths: {include: ['/a//b']}\n", "3:23", "one `/` for `//`"},
    {"Tilde", TARGET "    paths: {include: ['~/b']}\n", "3:23", "is not expanded"},
    {"BadEscape", TARGET "    paths: {include: ['/a\\nb']}\n", "3:23", "one of the escapes"},
    {"ShortHex", TARGET "    paths: {include: ['/a\\x1']}\n", "3:23", "one of the escapes"},
    {"NotHex", TARGET "    paths: {include: ['/a\\xg0']}\n", "3:23", "one of the escapes"},
    {"LoneBackslash", TARGET "    paths: {include: ['/a\\']}\n", "3:23", "one of the escapes"},
    {"EscapedNul", TARGET "    paths: {include: ['/a\\x00b']}\n", "3:23", "a NUL byte"},
    {"YamlNul", TARGET "    paths: {include: [\"/a\\0b\"]}\n", "3:23", "a NUL byte"},
    {"EscapedSlash", TARGET "    paths: {include: ['/a\\x2fb']}\n", "3:23", "expected `/` itself"},
    {"YamlHex", TARGET "    paths: {include: [\"/a\\xffb\"]}\n", "3:23", "write '\\xNN'"},
    {"YamlNewline", TARGET "    paths: {include: [\"/a\\nb\"]}\n", "3:23", "control character"},
    {"YamlUnknownEscape", TARGET "    paths: {include: [\"/a\\*\"]}\n", "3:28", "in single quotes"},
    {"NullPattern", TARGET "    paths: {include: [~]}\n", "3:23", "found nothing"},
    {"PatternTwice", TARGET "    paths: {include: [/a, /a]}\n", "3:27",
     "the first is at f.yaml:3:23"},

    // Words.
    {"UnknownFileType", TARGET "    file_types: [regular, regulr]\n", "3:27",
     "found `regulr`, expected one of regular, directory"},
    {"FileTypeGuess", TARGET "    file_types: [directry]\n", "3:18", "did you mean `directory`?"},
    {"FileTypeTwice", TARGET "    file_types: [fifo, fifo]\n", "3:24", "a second time"},
    {"UnknownLabel", TARGET "    labels: [gid]\n", "3:14",
     "expected one of pid, comm, uid, unit, cgroup, container, pod, device, inode, call"},
    {"LabelsAsMapping", TARGET "    labels: {pid: yes}\n", "3:13", "found a mapping"},

    // Probes.
    {"UnknownAccounting", "probe: {accounting: kprobe}\n" TARGET, "1:21",
     "accounting: found `kprobe`, expected one of auto, lsm, fentry, kprobe_multi, exit"},
    {"ExitMethodGuess", "probe: {exit: fexti}\n" TARGET, "1:15", "did you mean `fexit`?"},
    {"AccountingOfExit", "probe: {exit: lsm}\n" TARGET, "1:15",
     "exit: found `lsm`, expected one of auto, fexit, kprobe_multi, kprobe, off"},
    {"NullExitMethod", "probe:\n  exit:\n" TARGET, "2:3", "exit: found nothing, expected one of"},
    {"AccountingAsList", "probe: {accounting: [lsm]}\n" TARGET, "1:21",
     "found a list, expected one of auto, lsm"},
    {"EmptyProbe", "probe: {}\n" TARGET, "1:8", "an empty mapping"},
    {"ProbeAsWord", "probe: auto\n" TARGET, "1:8", "a mapping with the keys accounting, exit"},
    {"ProbeOfATarget", TARGET "    probe: {exit: off}\n", "3:5", "its place is `probe`"},
    {"AccountingAtExitWithoutExit", "probe:\n  accounting: exit\n  exit: off\n" TARGET, "2:15",
     "while `probe.exit` at f.yaml:3:9 is `off`, expected a method that does without the ends of "
     "reads; set one of the two to auto"},
    {"AccountingAtExitByKprobe", "probe:\n  accounting: exit\n  exit: kprobe\n" TARGET, "3:9",
     "expected one that can account: auto, fexit or kprobe_multi"},

    // Whose view of paths.
    {"PersistIsNoWord", "persist: yes\n" TARGET, "1:10",
     "persist: found `yes`, expected true or false"},
    {"StopPersistsAlone", "persist_on_stop: true\npersist: false\n" TARGET, "1:18",
     "persist_on_stop: found `true` while `persist` at f.yaml:2:10 is `false`, expected both to be "
     "true; set `persist` to true, or leave `persist_on_stop` away"},
    {"UnknownPathView", "path_view: container\n" TARGET, "1:12",
     "path_view: found `container`, expected one of process, host"},
    {"PathViewGuess", "path_view: proces\n" TARGET, "1:12", "did you mean `process`?"},
    {"NullPathView", "path_view:\n" TARGET, "1:1", "path_view: found nothing"},
    {"PathViewOfATarget", TARGET "    path_view: host\n", "3:5", "its place is `path_view`"},

    // A target's share.
    {"ShareZero", TARGET "    max_files: 0\n", "3:16",
     "max_files: found `0`, expected a plain "
     "number from 1 to 4194304"},
    {"ShareTooLarge", TARGET "    max_files: 4194305\n", "3:16", "from 1 to 4194304"},
    {"ShareWithUnit", TARGET "    max_files: 10k\n", "3:16", "a count has no unit"},
    {"ShareNull", TARGET "    max_files:\n", "3:5", "max_files: found nothing"},

    // Latency.
    {"LatencyYes", TARGET "    latency: yes\n", "3:14",
     "latency: found `yes`, expected true or false"},
    {"LatencyCapital", TARGET "    latency: True\n", "3:14", "expected true or false"},
    {"LatencyNumber", TARGET "    latency: 1\n", "3:14", "found `1`, expected true or false"},
    {"LatencyQuoted", TARGET "    latency: 'true'\n", "3:14",
     "found the quoted text `true`, expected true or false; write it without quotes"},
    {"LatencyNull", TARGET "    latency:\n", "3:5", "latency: found nothing"},
    {"LatencyAsMapping", TARGET "    latency: {buckets: 3}\n", "3:14",
     "found a mapping, expected true or false"},
    {"LatencyWithoutExit", "probe: {exit: off}\n" TARGET "    latency: true\n", "4:14",
     "while `probe.exit` at f.yaml:1:15 is `off`, expected false, since no read's end is seen; "
     "set `probe.exit` to auto, or leave `latency` away"},
    {"LatencyBeforeExitIsOff", TARGET "    latency: true\nprobe: {exit: off}\n", "3:14",
     "while `probe.exit` at f.yaml:4:15 is `off`"},

    // Snippets.
    {"EmptySnippets", TARGET "    snippets: {}\n", "3:15",
     "found an empty mapping, expected some of the keys max_bytes, sample, rate, encoding, redact, "
     "allow_sensitive"},
    {"NullSnippets", SAMPLING "    snippets:\n", "4:5", "found nothing, expected a mapping"},
    {"SnippetsTrue", SAMPLING "    snippets: true\n", "4:15", "found `true`, expected a mapping"},
    {"SnippetsGuess", SAMPLING "    snippets: {encodings: hex}\n", "4:16",
     "did you mean `encoding`?"},
    {"SnippetKeyOfTheTarget", SAMPLING "    sample: 1/10\n", "4:5",
     "its place is `targets[].snippets.sample`"},
    {"SnippetsOfEveryPath", TARGET "    snippets: {max_bytes: 40}\n", "3:15",
     "snippets: found no `paths.include` beside it, expected one, for a target of every file "
     "cannot sample; say in it of which files parts may be copied"},
    {"SnippetsOfAllButSome", TARGET "    paths: {exclude: [/a]}\n    snippets: {max_bytes: 40}\n",
     "4:15", "found no `paths.include`"},
    {"SnippetsBesideAnotherTargetsPaths", SAMPLING "  - name: b\n    snippets: {max_bytes: 40}\n",
     "5:15", "found no `paths.include`"},
    {"SnippetsBesideABadInclude",
     TARGET "    paths: {include: ['']}\n    snippets: {max_bytes: 40}\n", "3:23",
     "an empty pattern"},
    {"SnippetsOfRoot", TARGET "    paths: {include: [/]}\n    snippets: {max_bytes: 40}\n", "3:23",
     "include: found `/` beside `snippets`, expected patterns that do not name every file, for "
     "such a target cannot sample; say of which files parts may be copied"},
    {"SnippetsOfAllBelowRoot",
     TARGET "    snippets: {max_bytes: 40}\n    paths: {include: [/a, /**]}\n", "4:27",
     "found `/**` beside `snippets`"},
    {"SnippetsOfAnyName", TARGET "    paths: {include: ['**/?*']}\n    snippets: {rate: 1/h}\n",
     "3:23", "found `**/?*` beside `snippets`"},
    {"SnippetsWithoutExit", "probe: {exit: off}\n" SAMPLING "    snippets: {sample: 1/1}\n", "5:15",
     "snippets: found a mapping while `probe.exit` at f.yaml:1:15 is `off`, expected none, since "
     "no read's end is seen; set `probe.exit` to auto, or leave `snippets` away"},
    {"SnippetsBeforeExitIsOff", SAMPLING "    snippets: {sample: 1/1}\nprobe: {exit: off}\n",
     "4:15", "while `probe.exit` at f.yaml:5:15 is `off`"},

    {"SnippetOfNoBytes", SAMPLING "    snippets: {max_bytes: 0}\n", "4:27",
     "max_bytes: found `0`, expected a plain number from 1 to 4096"},
    {"SnippetTooLong", SAMPLING "    snippets: {max_bytes: 4097}\n", "4:27", "from 1 to 4096"},
    {"SnippetWithUnit", SAMPLING "    snippets: {max_bytes: 4KiB}\n", "4:27",
     "a count has no unit"},

    {"SampleOfNothing", SAMPLING "    snippets: {sample: 0/0}\n", "4:24",
     "sample: found `0/0`, expected one read in N, written 1/N with N from 1 to 1000000; leave "
     "`snippets` away where nothing is to be copied"},
    {"SampleByZero", SAMPLING "    snippets: {sample: 1/0}\n", "4:24",
     "leave `snippets` away where nothing"},
    {"SampleZero", SAMPLING "    snippets: {sample: 0}\n", "4:24", "leave `snippets` away where"},
    {"SampleOfMore", SAMPLING "    snippets: {sample: 2/3}\n", "4:24",
     "sample: found `2/3`, expected one read in N, written 1/N with N from 1 to 1000000"},
    {"SampleInPercent", SAMPLING "    snippets: {sample: 5 %}\n", "4:24", "one percent is 1/100"},
    {"SampleAsFraction", SAMPLING "    snippets: {sample: 0.01}\n", "4:24",
     "found `0.01`, expected one read in N, written 1/N with N from 1 to 1000000; one percent is "
     "1/100"},
    {"SampleAsCount", SAMPLING "    snippets: {sample: 100}\n", "4:24",
     "write 1/ in front of the number"},
    {"SampleTooRare", SAMPLING "    snippets: {sample: 1/1000001}\n", "4:24", "from 1 to 1000000"},
    {"SampleOctal", SAMPLING "    snippets: {sample: 1/010}\n", "4:24", "found `1/010`"},
    {"SampleNegative", SAMPLING "    snippets: {sample: 1/-1}\n", "4:24", "found `1/-1`"},
    {"SampleWithSpace", SAMPLING "    snippets: {sample: 1 /2}\n", "4:24", "found `1 /2`"},
    {"SampleEmpty", SAMPLING "    snippets: {sample: ''}\n", "4:24", "found ``, expected one read"},
    {"SampleNull", SAMPLING "    snippets:\n      sample:\n", "5:7",
     "sample: found nothing, expected one read in how many, such as 1/100"},

    {"RateZero", SAMPLING "    snippets: {rate: 0/s}\n", "4:22",
     "rate: found `0/s`, expected a rate written N/s, N/m or N/h with N from 1 to 1000000; leave "
     "`snippets` away where nothing is to be copied"},
    {"RateWithoutTime", SAMPLING "    snippets: {rate: 10}\n", "4:22", "say in which time"},
    {"RateWithoutUnit", SAMPLING "    snippets: {rate: 10/}\n", "4:22", "say in which time"},
    {"RateInSec", SAMPLING "    snippets: {rate: 10/sec}\n", "4:22",
     "found `10/sec`, expected a rate written N/s, N/m or N/h with N from 1 to 1000000; the units "
     "are s, m and h"},
    {"RateInDays", SAMPLING "    snippets: {rate: 10/d}\n", "4:22", "the units are s, m and h"},
    {"RateWithoutNumber", SAMPLING "    snippets: {rate: /s}\n", "4:22", "found `/s`"},
    {"RateTooHigh", SAMPLING "    snippets: {rate: 1000001/s}\n", "4:22", "from 1 to 1000000"},
    {"RateOctal", SAMPLING "    snippets: {rate: 010/s}\n", "4:22", "found `010/s`"},
    {"RateEmpty", SAMPLING "    snippets: {rate: ''}\n", "4:22", "found ``, expected a rate"},
    {"RateNull", SAMPLING "    snippets:\n      rate: ~\n", "5:13",
     "rate: found nothing, expected a rate such as 10/s"},

    {"UnknownEncoding", SAMPLING "    snippets: {encoding: utf8}\n", "4:26",
     "encoding: found `utf8`, expected one of text, hex, base64"},
    {"EncodingGuess", SAMPLING "    snippets: {encoding: bas64}\n", "4:26",
     "did you mean `base64`?"},

    {"RedactAsText", SAMPLING "    snippets: {redact: '(a)'}\n", "4:24",
     "redact: found the quoted text `(a)`, expected a list of regular expressions in single "
     "quotes, such as ['password=(\\S+)']"},
    {"EmptyRedact", SAMPLING "    snippets: {redact: []}\n", "4:24", "leave the key away"},
    {"RedactThatDoesNotCompile", SAMPLING "    snippets: {redact: ['(a)', '(']}\n", "4:32",
     "redact: found `(`, expected a regular expression that RE2 takes, with a group around what is "
     "secret: missing ): ("},
    {"RedactThatIsNotRe2", SAMPLING "    snippets: {redact: ['(a)(?=b)']}\n", "4:25",
     "invalid perl operator: (?="},
    {"RedactWithoutGroup", SAMPLING "    snippets: {redact: ['password=\\S+']}\n", "4:25",
     "redact: found `password=\\S+`, expected a regular expression that RE2 takes, with a group "
     "around what is secret: it has no group: put what is secret in (...)"},
    {"EmptyExpression", SAMPLING "    snippets: {redact: ['']}\n", "4:25", "it has no group"},
    {"RedactWithYamlHex", SAMPLING "    snippets: {redact: [\"(\\x41+)\"]}\n", "4:25",
     "redact: found `\\x` in double quotes"},
    {"RedactInDoubleQuotes", SAMPLING "    snippets: {redact: [\"(\\S+)\"]}\n", "4:29",
     "write patterns in single quotes"},
    {"RedactTwice", SAMPLING "    snippets: {redact: [(a), (b), (a)]}\n", "4:35",
     "the first is at f.yaml:4:25"},
    {"NullExpression", SAMPLING "    snippets: {redact: [~]}\n", "4:25", "found nothing"},

    {"AllowSensitiveYes", SAMPLING "    snippets: {allow_sensitive: yes}\n", "4:33",
     "allow_sensitive: found `yes`, expected true or false"},

    {"SnippetsPerSecondZero", "limits: {snippets_per_second: 0}\n" TARGET, "1:31",
     "snippets_per_second: found `0`, expected a plain number from 1 to 200"},
    {"SnippetsPerSecondTooMany", "limits: {snippets_per_second: 201}\n" TARGET, "1:31",
     "from 1 to 200"},
    {"SnippetsPerSecondAsRate", "limits: {snippets_per_second: 100/s}\n" TARGET, "1:31",
     "a count has no unit"},

    // Addresses.
    {"NoPort", "listen:\n  - address: 127.0.0.1\n" TARGET, "2:14", "host:port"},
    {"EmptyAddress", "listen:\n  - address: ''\n" TARGET, "2:14", "host:port"},
    {"PortOnly", "listen:\n  - address: 9974\n" TARGET, "2:14", "write the host"},
    {"NoHost", "listen:\n  - address: ':9974'\n" TARGET, "2:14", "for all addresses"},
    {"EmptyPort", "listen:\n  - address: '127.0.0.1:'\n" TARGET, "2:14", "port: found"},
    {"PortTooLarge", "listen:\n  - address: 127.0.0.1:65536\n" TARGET, "2:14", "from 0 to 65535"},
    {"HostName", "listen:\n  - address: example.org:80\n" TARGET, "2:14",
     "names are not looked up"},
    {"ShortAddress", "listen:\n  - address: 127.1:80\n" TARGET, "2:14", "expected an IPv4"},
    {"BareV6", "listen:\n  - address: '::1:80'\n" TARGET, "2:14", "in brackets"},
    {"V6NoPort", "listen:\n  - address: '[::1]'\n" TARGET, "2:14", "host:port"},
    {"UnquotedV6", "listen:\n  - address: [::1]:80\n" TARGET, "2:19", "in quotes"},
    {"Url", "listen:\n  - address: http://127.0.0.1:80\n" TARGET, "2:14", "leave the scheme"},
    {"UnixRelative", LISTEN "unix:run/a\n" TARGET, "2:14",
     "found `run/a`, expected the path of a unix socket, such as "
     "unix:/run/vfswatchd/metrics.sock"},
    {"UnixWithoutAPath", LISTEN "'unix:'\n" TARGET, "2:14", "the path of a unix socket"},
    {"UnixRoot", LISTEN "unix:/\n" TARGET, "2:14", "the path of a unix socket"},
    {"UnixDirectory", LISTEN "unix:/run/a/\n" TARGET, "2:14", "the path of a unix socket"},
    {"UnixAbstract", LISTEN "unix:@a\n" TARGET, "2:14", "the path of a unix socket"},
    {"UnixUrl", LISTEN "unix:///run/a/\n" TARGET, "2:14", "the path of a unix socket"},
    {"UnixTooLong", LISTEN "unix:/" SOCKET_OF_107_BYTES "\n" TARGET, "2:14",
     "expected a path of at most 107 bytes, which is as much as the kernel takes"},
    {"UnixControlCharacter", LISTEN "\"unix:/run/\\x1b[2J\"\n" TARGET, "2:14",
     "found a control character in the path `/run/\\x1b[2J`, expected none"},
    {"UnixWithNul", LISTEN "\"unix:/run/a\\0b\"\n" TARGET, "2:14", "a control character"},
    {"UnixTwice", LISTEN "unix:/run/a\n  - address: unix:/run/a\n" TARGET, "3:14",
     "the first is at f.yaml:2:14"},
    {"ModeBesidePort", LISTEN "'127.0.0.1:1'\n    mode: '0660'\n" TARGET, "3:11",
     "found `mode` or `group` beside the address at f.yaml:2:14, expected them beside unix:/path "
     "only; leave them away"},
    {"GroupBesideSystemd", LISTEN "systemd\n    group: 0\n" TARGET, "3:12", "unix:/path only"},
    {"ModeBeforeTheAddress", "listen:\n  - mode: '0660'\n    address: '127.0.0.1:1'\n" TARGET,
     "2:11", "beside the address at f.yaml:3:14"},
    {"ModeAlone", "listen:\n  - mode: '0660'\n" TARGET, "2:5", "found no `address`"},
    {"ModeTooLarge", LISTEN "unix:/run/a\n    mode: '1777'\n" TARGET, "3:11",
     "mode: found `1777`, expected permissions in octal from \"000\" to \"0777\", such as "
     "\"0660\""},
    {"ModeNotOctal", LISTEN "unix:/run/a\n    mode: '0688'\n" TARGET, "3:11", "in octal"},
    {"ModeShort", LISTEN "unix:/run/a\n    mode: '66'\n" TARGET, "3:11", "in octal"},
    {"ModeInLetters", LISTEN "unix:/run/a\n    mode: u=rw\n" TARGET, "3:11", "in octal"},
    {"ModeSigned", LISTEN "unix:/run/a\n    mode: '-660'\n" TARGET, "3:11", "in octal"},
    {"ModeAsList", LISTEN "unix:/run/a\n    mode: [6]\n" TARGET, "3:11",
     "found a list, expected permissions in octal and in quotes"},
    {"UnknownGroup", LISTEN "unix:/run/a\n    group: no-such-group-here\n" TARGET, "3:12",
     "group: found the unknown group `no-such-group-here`, expected the name of a group of this "
     "machine or a number from 0 to 4294967294; create the group, or write its number"},
    {"GroupOutOfRange", LISTEN "unix:/run/a\n    group: 4294967295\n" TARGET, "3:12",
     "found `4294967295`"},
    {"GroupWithNul", LISTEN "unix:/run/a\n    group: \"root\\0\"\n" TARGET, "3:12",
     "the unknown group"},
    {"EmptyGroup", LISTEN "unix:/run/a\n    group: ''\n" TARGET, "3:12", "the unknown group"},
    {"WebConfigFileAsMapping", "web_config_file: {basic_auth_users: {}}\n" TARGET, "1:18",
     "web_config_file: found a mapping, expected the path of a file"},
    {"WebConfigFileWithNewline", "web_config_file: \"a\\nb\"\n" TARGET, "1:18",
     "web_config_file: found a control character in the path `a\\x0ab`, expected none"},
    {"SystemdTwice", "listen:\n  - address: systemd\n  - address: systemd\n" TARGET, "3:14",
     "a second time"},
    {"SystemdWithPort", "listen:\n  - address: systemd:9974\n" TARGET, "2:14", "not looked up"},
    {"AddressTwice", "listen:\n  - address: '[::1]:80'\n  - address: '[0:0::1]:80'\n" TARGET,
     "3:14", "the first is at f.yaml:2:14"},
    {"AddressMissing", "listen:\n  - {}\n" TARGET, "2:5", "an empty mapping"},
    {"ListenAsScalar", "listen: 127.0.0.1:9974\n" TARGET, "1:9", "expected a list of mappings"},
    {"ListenEntryAsScalar", "listen:\n  - 127.0.0.1:9974\n" TARGET, "2:5", "the keys address"},

    // Numbers and durations.
    {"CountWithUnit", "limits: {max_series: 64KB}\n" TARGET, "1:22", "is ambiguous"},
    {"CountWithBinaryUnit", "limits: {max_series: 64KiB}\n" TARGET, "1:22", "a count has no unit"},
    {"CountWithSeparator", "limits: {max_series: 20_000}\n" TARGET, "1:22", "no separators"},
    {"CountZero", "limits: {max_series: 0}\n" TARGET, "1:22", "from 1 to 1000000"},
    {"CountTooLarge", "limits: {max_files: 4194305}\n" TARGET, "1:21", "from 1 to 4194304"},
    {"TasksTooMany", "limits: {max_tasks: 1048577}\n" TARGET, "1:21", "from 1 to 1048576"},
    {"CountNegative", "limits: {max_tasks: -1}\n" TARGET, "1:21", "found `-1`"},
    {"CountFraction", "limits: {max_tasks: 1e3}\n" TARGET, "1:21", "found `1e3`"},
    {"CountQuoted", "limits: {max_tasks: '10'}\n" TARGET, "1:21", "write it without quotes"},
    {"CountNull", "limits:\n  max_tasks:\n" TARGET, "2:3", "max_tasks: found nothing"},
    {"DurationWithoutUnit", "limits: {idle_series_timeout: 15}\n" TARGET, "1:31",
     "say in which unit"},
    {"DurationBadUnit", "limits: {idle_series_timeout: 15min}\n" TARGET, "1:31",
     "the units are h, m and s"},
    {"DurationWrongOrder", "limits: {idle_series_timeout: 15s1m}\n" TARGET, "1:31",
     "in this order"},
    {"DurationUnitTwice", "limits: {idle_series_timeout: 1m1m}\n" TARGET, "1:31", "in this order"},
    {"DurationZero", "limits: {idle_series_timeout: 0s}\n" TARGET, "1:31", "from 1s to 168h"},
    {"DurationTooLong", "limits: {idle_series_timeout: 999999999h}\n" TARGET, "1:31",
     "from 1s to 168h"},
};

class BadConfigs : public testing::TestWithParam<BadConfig> {};

TEST_P(BadConfigs, AreRefusedAtTheirPlace) {
    const BadConfig& bad = GetParam();
    const std::vector<std::string> lines = faults_of(bad.text);
    const std::string place = std::string("f.yaml:") + bad.place + ": ";
    EXPECT_THAT(lines,
                testing::Contains(testing::AllOf(StartsWith(place), HasSubstr(bad.fragment))));
}

INSTANTIATE_TEST_SUITE_P(Config, BadConfigs, testing::ValuesIn(kBadConfigs),
                         [](const auto& bad) { return std::string(bad.param.name); });

TEST(ConfigFaults, AreAllReportedInTheOrderOfTheFile) {
    const auto lines = faults_of(
        "targets:\n"
        "  - name: a b\n"
        "    labels: [pods]\n"
        "    nmae: x\n"
        "  - labels: [gid]\n"
        "limits: {max_series: 64KB}\n");
    ASSERT_EQ(lines.size(), 6U);
    EXPECT_THAT(lines[0], StartsWith("f.yaml:2:11: name: "));
    EXPECT_THAT(lines[1], StartsWith("f.yaml:3:14: labels: "));
    EXPECT_THAT(lines[2], StartsWith("f.yaml:4:5: found the unknown key `nmae`"));
    EXPECT_THAT(lines[3], StartsWith("f.yaml:5:5: found no `name`"));
    EXPECT_THAT(lines[4], StartsWith("f.yaml:5:14: labels: "));
    EXPECT_THAT(lines[5], StartsWith("f.yaml:6:22: max_series: "));
}

TEST(ConfigFaults, SayNothingTwice) {
    for (const BadConfig& bad : kBadConfigs) {
        const std::string name = bad.name;
        if (name == "Alias" || name == "AliasUse") continue;  // two faults by design
        EXPECT_EQ(faults_of(bad.text).size(), 1U) << name;
    }
}

TEST(ConfigFaults, CountCharactersNotBytes) {
    const auto lines = faults_of("targets:\n  - {labels: [\xc3\xa9\xe2\x82\xac, x], name: a}\n");
    ASSERT_EQ(lines.size(), 2U);
    EXPECT_THAT(lines[0], StartsWith("f.yaml:2:15: "));
    EXPECT_THAT(lines[1], StartsWith("f.yaml:2:19: "));
}

TEST(ConfigFaults, CountLinesWithCarriageReturnsAndAByteOrderMark) {
    const auto lines = faults_of(
        "\xef\xbb\xbf"
        "targets:\r\n  - name: a b\r\n");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines[0], StartsWith("f.yaml:2:11: name: found `a b`"));
}

TEST(ConfigFaults, ShowForeignTextHarmlessAndShort) {
    const auto lines = faults_of("targets:\n  - name: \"\\e[2J" + std::string(500, 'x') + "\"\n");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines[0], HasSubstr("`\\x1b[2Jxxx"));
    EXPECT_LT(lines[0].size(), 200U);
}

TEST(ConfigFaults, MoreThan64TargetsAreRefused) {
    std::string text = "targets:\n";
    for (int i = 0; i < 64; ++i)
        text += "  - name: t" + std::to_string(i) + "\n";
    EXPECT_TRUE(faults_of(text).empty());
    const auto lines = faults_of(text + "  - name: more\n");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines[0], StartsWith("f.yaml:2:3: targets: found 65 entries"));
}

TEST(ConfigFaults, APatternLongerThanAnyPathIsRefused) {
    const std::string head = TARGET "    paths: {include: [/";
    EXPECT_TRUE(faults_of(head + std::string(4094, 'x') + "]}\n").empty());
    const auto lines = faults_of(head + std::string(4095, 'x') + "]}\n");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines[0], HasSubstr("found a pattern of 4096 bytes"));
}

TEST(ConfigFaults, AUnitLongerThanAnyIsRefused) {
    const std::string head = TARGET "    processes: {units: [";
    EXPECT_TRUE(faults_of(head + std::string(247, 'x') + ".service]}\n").empty());
    const auto lines = faults_of(head + std::string(248, 'x') + ".service]}\n");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines[0], HasSubstr("a unit's name of 1 to 255"));
}

TEST(ConfigFaults, AnExpressionLongerThanAnyoneReadsIsRefused) {
    const std::string head = SAMPLING "    snippets: {redact: ['(";
    EXPECT_TRUE(faults_of(head + std::string(998, 'x') + ")']}\n").empty());
    const auto lines = faults_of(head + std::string(999, 'x') + ")']}\n");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines[0], StartsWith("f.yaml:4:25: redact: found an expression of 1001 bytes, "
                                     "expected at most 1000"));
}

TEST(ConfigFaults, MoreThan32ExpressionsAreRefused) {
    std::string list = "'(0)'";
    for (int i = 1; i < 32; ++i)
        list += ", '(" + std::to_string(i) + ")'";
    EXPECT_TRUE(faults_of(SAMPLING "    snippets: {redact: [" + list + "]}\n").empty());
    const auto lines = faults_of(SAMPLING "    snippets: {redact: [" + list + ", '(x)']}\n");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines[0], StartsWith("f.yaml:4:24: redact: found 33 entries, expected at most 32"));
}

TEST(ConfigFaults, ShowWhatRe2SaysHarmlessAndShort) {
    const auto lines =
        faults_of(SAMPLING "    snippets: {redact: [\"(\\e[2J" + std::string(500, 'x') + "\"]}\n");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines[0], HasSubstr("missing ]: [2Jxxx"));
    EXPECT_LT(lines[0].size(), 300U);
}

TEST(ConfigFaults, AUserDatabaseThatDoesNotAnswerIsOne) {
    const IdLookup broken = [](const std::string&) -> Result<std::optional<std::uint32_t>> {
        return fail(errno_error(EIO, "cannot look up the user"));
    };
    const ConfigText text{"f.yaml", TARGET "    processes: {uids: [7, mail]}\n"};
    const ConfigOrFaults config = parse_config(text, {}, {.user = broken});
    ASSERT_FALSE(config);
    ASSERT_EQ(config.error().size(), 1U);
    EXPECT_EQ(format_fault(config.error()[0]),
              "f.yaml:3:27: uids: cannot look up the user: Input/output error; write the user's "
              "number");
}

TEST(ConfigFaults, AFileOfMoreThanOneMebibyteIsRefused) {
    const std::string good = TARGET;
    const std::string fill(kMaxConfigBytes - good.size() - 1, '#');
    EXPECT_TRUE(faults_of(good + fill + "\n").empty());
    const auto lines = faults_of(good + fill + "#\n");
    ASSERT_EQ(lines.size(), 1U);
    EXPECT_THAT(lines[0], StartsWith("f.yaml: larger than 1048576 bytes"));
}

TEST(ConfigFaults, AnAliasBombCostsNothing) {
    std::string text = "targets:\n  - &a0 {name: x}\n";
    for (int i = 1; i < 40; ++i) {
        const std::string last = "*a" + std::to_string(i - 1);
        text += "  - &a" + std::to_string(i) + " [" + last + "," + last + "," + last + "]\n";
    }
    EXPECT_GT(faults_of(text).size(), 100U);
}

TEST(ConfigFaults, AreCutAtALimit) {
    std::string text = "targets: [{name: a, paths: {include: ['', ''";
    for (std::size_t i = 2; i < kMaxFaults + 50; ++i)
        text += ",''";
    const auto lines = faults_of(text + "]}}]\n");
    ASSERT_EQ(lines.size(), kMaxFaults + 1);
    EXPECT_THAT(lines.back(), HasSubstr("50 more faults are not shown"));
}

}  // namespace
}  // namespace vfswatchd
