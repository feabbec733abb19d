// SPDX-License-Identifier: Apache-2.0
// Is a struct of the shared header the same to both compilers? What clang made of it stands in the
// BPF object's BTF, what the daemon's compiler makes of it in the table below.
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

#include "bpf/vfswatch_abi.h"

namespace vfswatchd {
namespace {

using testing::IsSubsetOf;

struct Member {
    std::string name;
    std::size_t offset;
    std::size_t bytes;
};

struct Layout {
    std::size_t bytes;
    bool every_byte_counts;  ///< no hole that would make equal keys differ
    std::vector<Member> members;
};

template <typename Struct>
Layout layout_of(std::vector<Member> members) {
    return {sizeof(Struct), std::has_unique_object_representations_v<Struct>, std::move(members)};
}

Member member_of(const char* name, std::size_t offset, std::size_t bytes) {
    return {name, offset, bytes};
}

// A struct of the header with all its members, in their order.
#define MEMBER(member) member_of(#member, offsetof(Struct, member), sizeof(Struct::member))
#define LAYOUT(name, ...)                        \
    std::pair(std::string(#name), [] {           \
        using Struct = name;                     \
        return layout_of<Struct>({__VA_ARGS__}); \
    }())

std::map<std::string, Layout> header_layouts() {
    return {
        LAYOUT(vfswatch_path_state, MEMBER(next), MEMBER(targets)),
        LAYOUT(vfswatch_name_key, MEMBER(mount), MEMBER(dentry), MEMBER(name_hash),
               MEMBER(name_bytes), MEMBER(inode), MEMBER(device), MEMBER(generation)),
        LAYOUT(vfswatch_name, MEMBER(check), MEMBER(targets), MEMBER(path), MEMBER(path_version),
               MEMBER(snippet_targets), MEMBER(sum_targets), MEMBER(sum_id),
               MEMBER(sum_generation)),
        LAYOUT(vfswatch_sum_key, MEMBER(targets), MEMBER(path), MEMBER(cgroup), MEMBER(inode),
               MEMBER(device), MEMBER(tgid), MEMBER(uid), MEMBER(call), MEMBER(comm)),
        LAYOUT(vfswatch_sum_place, MEMBER(id), MEMBER(generation)),
        LAYOUT(vfswatch_sum, MEMBER(key), MEMBER(bytes), MEMBER(calls), MEMBER(errors),
               MEMBER(eofs), MEMBER(state), MEMBER(generation), MEMBER(holders), MEMBER(announced)),
        LAYOUT(vfswatch_amount, MEMBER(bytes), MEMBER(calls)),
        LAYOUT(vfswatch_who, MEMBER(comm), MEMBER(cgroup), MEMBER(execs), MEMBER(uid), MEMBER(pad)),
        LAYOUT(vfswatch_run, MEMBER(seq), MEMBER(tgid), MEMBER(process_targets),
               MEMBER(inherited_targets), MEMBER(who), MEMBER(targets), MEMBER(over_targets),
               MEMBER(begin), MEMBER(seen), MEMBER(spliced_at), MEMBER(started_ns),
               MEMBER(arguments), MEMBER(name), MEMBER(known), MEMBER(inode_address),
               MEMBER(path_version), MEMBER(pointer), MEMBER(sum_id), MEMBER(unattributed),
               MEMBER(fields), MEMBER(call), MEMBER(end_open), MEMBER(decided_by)),
        LAYOUT(vfswatch_holder, MEMBER(targets), MEMBER(inherited_targets), MEMBER(tgid),
               MEMBER(decided_by), MEMBER(charges), MEMBER(pad)),
        LAYOUT(vfswatch_residue, MEMBER(over_targets), MEMBER(bytes), MEMBER(calls), MEMBER(sum_id),
               MEMBER(unattributed)),
        LAYOUT(vfswatch_process, MEMBER(targets), MEMBER(start_ticks)),
        LAYOUT(vfswatch_durations, MEMBER(buckets), MEMBER(sum_ns)),
        LAYOUT(vfswatch_name_trailer, MEMBER(subject), MEMBER(kind), MEMBER(flags)),
        LAYOUT(vfswatch_arguments, MEMBER(asked), MEMBER(file), MEMBER(buffer), MEMBER(position),
               MEMBER(calls_before)),
        LAYOUT(vfswatch_snippet, MEMBER(time_ns), MEMBER(targets), MEMBER(offset), MEMBER(bytes),
               MEMBER(requested), MEMBER(tgid), MEMBER(tid), MEMBER(uid), MEMBER(path_bytes),
               MEMBER(data_bytes), MEMBER(fault), MEMBER(comm)),
        LAYOUT(vfswatch_sampled, MEMBER(taken), MEMBER(rate_limited), MEMBER(ring_full)),
        LAYOUT(vfswatch_sampling, MEMBER(interval_ns), MEMBER(burst_ns), MEMBER(chance),
               MEMBER(max_bytes)),
        LAYOUT(vfswatch_stats, MEMBER(unattributed), MEMBER(overflow), MEMBER(target_sums),
               MEMBER(sums_created), MEMBER(sums_freed), MEMBER(runs_created), MEMBER(runs_freed),
               MEMBER(paths_resolved), MEMBER(name_ring_full), MEMBER(residue_torn),
               MEMBER(children_unfollowed), MEMBER(errnos), MEMBER(durations), MEMBER(sampled)),
        LAYOUT(vfswatch_settings, MEMBER(any_process_targets), MEMBER(follow_targets),
               MEMBER(type_targets), MEMBER(pid_targets), MEMBER(comm_targets), MEMBER(uid_targets),
               MEMBER(call_targets), MEMBER(cgroup_targets), MEMBER(inode_targets),
               MEMBER(latency_targets), MEMBER(any_path_targets), MEMBER(snippet_targets),
               MEMBER(path_seed), MEMBER(process_fields), MEMBER(exe_start), MEMBER(cgroup_start),
               MEMBER(sensitive_start), MEMBER(most_chance), MEMBER(max_files),
               MEMBER(target_max_files), MEMBER(sampling), MEMBER(account_at_exit),
               MEMBER(paths_hidden), MEMBER(host_paths), MEMBER(policy)),
    };
}

// BTF has the types of maps, of variables and of functions, not what only lives on a stack. An
// object without these has lost its BTF, or the header its names.
constexpr std::array kAlwaysInBtf = {"vfswatch_name_key", "vfswatch_run", "vfswatch_settings",
                                     "vfswatch_stats", "vfswatch_sum"};

constexpr const char* kPrefix = "vfswatch_";

struct ObjectCloser {
    void operator()(bpf_object* object) const { bpf_object__close(object); }
};
using Object = std::unique_ptr<bpf_object, ObjectCloser>;

/// One line a member, so that a failed comparison shows the lines that differ.
std::string text_of(std::size_t bytes, const std::vector<Member>& members) {
    std::string text = std::to_string(bytes) + " bytes\n";
    for (const Member& member : members)
        text += "at " + std::to_string(member.offset) + ": " + member.name + ", " +
                std::to_string(member.bytes) + " bytes\n";
    return text;
}

std::vector<Member> members_of(const btf* types, const btf_type* type) {
    std::vector<Member> members;
    for (__u32 i = 0; i < btf_vlen(type); i++) {
        const btf_member& member = btf_members(type)[i];
        members.push_back({btf__name_by_offset(types, member.name_off),
                           btf_member_bit_offset(type, i) / 8,
                           static_cast<std::size_t>(btf__resolve_size(types, member.type))});
    }
    return members;
}

/// Name of a struct of the header; nothing for any other type.
std::optional<std::string> header_name(const btf* types, const btf_type* type) {
    if (type == nullptr || !btf_is_composite(type)) return std::nullopt;
    std::string name = btf__name_by_offset(types, type->name_off);
    if (!name.starts_with(kPrefix)) return std::nullopt;
    return name;
}

std::map<std::string, std::string> btf_layouts(const btf* types) {
    std::map<std::string, std::string> layouts;
    for (__u32 id = 1; id < btf__type_cnt(types); id++) {
        const btf_type* type = btf__type_by_id(types, id);
        if (const auto name = header_name(types, type))
            layouts[*name] = text_of(type->size, members_of(types, type));
    }
    return layouts;
}

std::set<std::string> map_keys(const bpf_object* object) {
    const btf* types = bpf_object__btf(object);
    std::set<std::string> keys;
    const bpf_map* map = nullptr;
    bpf_object__for_each_map(map, object) {
        const btf_type* type = btf__type_by_id(types, bpf_map__btf_key_type_id(map));
        if (const auto name = header_name(types, type)) keys.insert(*name);
    }
    return keys;
}

class LayoutTest : public testing::Test {
  protected:
    void SetUp() override {
        ASSERT_NE(object_, nullptr) << VFSWATCHD_BPF_OBJECT;
        ASSERT_NE(bpf_object__btf(object_.get()), nullptr) << VFSWATCHD_BPF_OBJECT;
    }

    const Object object_{bpf_object__open_file(VFSWATCHD_BPF_OBJECT, nullptr)};
    const std::map<std::string, Layout> header_ = header_layouts();
};

TEST_F(LayoutTest, IsTheSameInTheObjectAsInTheDaemon) {
    for (const auto& [name, in_object] : btf_layouts(bpf_object__btf(object_.get()))) {
        const auto in_daemon = header_.find(name);
        if (in_daemon == header_.end()) {
            ADD_FAILURE() << name << " is missing in the table of this test";
            continue;
        }
        EXPECT_EQ(text_of(in_daemon->second.bytes, in_daemon->second.members), in_object) << name;
    }
}

TEST_F(LayoutTest, IsFoundForTheStructsThatEveryObjectHas) {
    std::set<std::string> names;
    for (const auto& [name, in_object] : btf_layouts(bpf_object__btf(object_.get())))
        names.insert(name);
    EXPECT_THAT(kAlwaysInBtf, IsSubsetOf(names));
}

TEST_F(LayoutTest, HasNoHoleInAMapsKey) {
    const std::set<std::string> keys = map_keys(object_.get());
    EXPECT_FALSE(keys.empty());
    for (const std::string& key : keys) {
        const auto layout = header_.find(key);
        ASSERT_NE(layout, header_.end()) << key << " is missing in the table of this test";
        EXPECT_TRUE(layout->second.every_byte_counts) << key;
    }
}

}  // namespace
}  // namespace vfswatchd
