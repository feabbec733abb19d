// SPDX-License-Identifier: Apache-2.0
#include "metrics/self_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace vfswatchd {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(SelfMetrics, ShowsTheirRows) {
    SelfMetrics self;
    self.probes = {{"accounting", "vfs_read", "lsm", true}, {"exit", "vfs_read", "fexit", false}};
    self.missed = {{"exit", "vfs_read", 12}};
    self.maps = {{"sums", 3, 65536, 5242880}, {"runs", std::nullopt, 32768, 4096}};
    self.dropped = {{"name_ring_full", 0}, {"residue_torn", 2}};
    self.config_last_reload_success_timestamp_seconds = 1700000000.25;
    const std::string text = render_self_metrics(self, {});
    for (const char* line : {
             "vfswatch_probe_attached{role=\"accounting\",function=\"vfs_read\",method=\"lsm\"} 1",
             "vfswatch_probe_attached{role=\"exit\",function=\"vfs_read\",method=\"fexit\"} 0",
             "vfswatch_probe_missed_total{role=\"exit\",function=\"vfs_read\"} 12",
             "vfswatch_map_entries{map=\"sums\"} 3",
             "vfswatch_map_capacity{map=\"runs\"} 32768",
             "vfswatch_map_memory_bytes{map=\"sums\"} 5242880",
             "vfswatch_dropped_total{reason=\"name_ring_full\"} 0",
             "vfswatch_dropped_total{reason=\"residue_torn\"} 2",
             "vfswatch_paths_resolved_total 0",
             "vfswatch_config_last_reload_successful 1",
             "vfswatch_config_last_reload_success_timestamp_seconds 1700000000.25",
         }) {
        EXPECT_THAT(text, HasSubstr("\n" + std::string(line) + "\n"));
    }
    EXPECT_THAT(text, Not(HasSubstr("vfswatch_map_entries{map=\"runs\"}")));
}

TEST(SelfMetrics, ShowWhatBecameOfSnippets) {
    SelfMetrics self;
    SnippetCounts& counts = self.snippets.emplace_back();
    counts.target = 1;
    counts.taken = 7;
    counts.set(SnippetOutcome::kWritten, 4);
    counts.set(SnippetOutcome::kFault, 2);
    const std::string text =
        render_self_metrics(self, {Target{"quiet", {}, "", ""}, Target{"db", {}, "", ""}});
    for (const char* line : {
             "vfswatch_snippets_total{target=\"db\",outcome=\"written\"} 4",
             "vfswatch_snippets_total{target=\"db\",outcome=\"rate_limited\"} 0",
             "vfswatch_snippets_total{target=\"db\",outcome=\"ring_full\"} 0",
             "vfswatch_snippets_total{target=\"db\",outcome=\"queue_full\"} 0",
             "vfswatch_snippets_total{target=\"db\",outcome=\"fault\"} 2",
             "vfswatch_snippets_total{target=\"db\",outcome=\"journal_error\"} 0",
             "vfswatch_snippets_sampled_total{target=\"db\"} 7",
         })
        EXPECT_THAT(text, HasSubstr("\n" + std::string(line) + "\n"));
    EXPECT_THAT(text, Not(HasSubstr("target=\"quiet\",outcome")));
}

TEST(SelfMetrics, LeaveOutFamiliesWithoutASample) {
    const std::string text = render_self_metrics({}, {});
    EXPECT_THAT(text, Not(HasSubstr("probe_attached")));
    EXPECT_THAT(text, Not(HasSubstr("scrape_duration")));
    EXPECT_THAT(text, Not(HasSubstr("process_")));
    EXPECT_THAT(text, Not(HasSubstr("target_info")));
}

TEST(SelfMetrics, EscapeWhatTheConfigurationHolds) {
    const Target target{"db", {}, "", "/a\"\\\n\xff"};
    EXPECT_THAT(render_self_metrics({}, {target}),
                HasSubstr(R"(vfswatch_target_info{target="db",processes="",)"
                          R"(paths="/a\"\\\\\\x0a\\xff"} 1)"
                          "\n"));
}

TEST(SelfMetrics, SayWhenAReloadFailed) {
    SelfMetrics self;
    self.config_last_reload_successful = false;
    EXPECT_THAT(render_self_metrics(self, {}),
                HasSubstr("\nvfswatch_config_last_reload_successful 0\n"));
}

}  // namespace
}  // namespace vfswatchd
