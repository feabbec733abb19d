// SPDX-License-Identifier: Apache-2.0
#include "metrics/self_metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <utility>

#include "base/escape.h"
#include "metrics/catalogue.h"

namespace vfswatchd {
namespace {

using Label = prometheus::ClientMetric::Label;

/// Collects families in prometheus-cpp's shape.
class Families {
  public:
    /// Starts a family; the samples that follow are its own.
    void begin(const Metric& metric) {
        prometheus::MetricFamily& family = families_.emplace_back();
        family.name = metric.name;
        family.help = metric.help;
        family.type = metric.kind == MetricKind::counter ? prometheus::MetricType::Counter
                                                         : prometheus::MetricType::Gauge;
    }

    void add(std::vector<Label> labels, double value) {
        prometheus::ClientMetric& sample = families_.back().metric.emplace_back();
        // The serializer passes on bytes that are not UTF-8, which would fail the whole scrape.
        for (Label& label : labels)
            label.value = escaped_text(label.value);
        sample.label = std::move(labels);
        if (families_.back().type == prometheus::MetricType::Counter) {
            sample.counter.value = value;
        } else {
            sample.gauge.value = value;
        }
    }

    void single(const Metric& metric, std::optional<double> value) {
        begin(metric);
        if (value.has_value()) add({}, *value);
    }

    [[nodiscard]] std::string text() && {
        std::erase_if(families_, [](const auto& family) { return family.metric.empty(); });
        return prometheus::TextSerializer().Serialize(families_);
    }

  private:
    std::vector<prometheus::MetricFamily> families_;
};

void add_probes(Families& families, const SelfMetrics& self) {
    families.begin(metric("vfswatch_dropped_total"));
    for (const DroppedRow& row : self.dropped) {
        families.add({{"reason", row.reason}}, static_cast<double>(row.count));
    }
    families.begin(metric("vfswatch_probe_attached"));
    for (const ProbeRow& row : self.probes) {
        families.add({{"role", row.role}, {"function", row.function}, {"method", row.method}},
                     row.attached ? 1 : 0);
    }
    families.begin(metric("vfswatch_probe_missed_total"));
    for (const MissedRow& row : self.missed) {
        families.add({{"role", row.role}, {"function", row.function}},
                     static_cast<double>(row.count));
    }
}

void add_maps(Families& families, const std::vector<MapRow>& maps) {
    families.begin(metric("vfswatch_map_entries"));
    for (const MapRow& row : maps) {
        if (row.entries.has_value()) {
            families.add({{"map", row.name}}, static_cast<double>(*row.entries));
        }
    }
    families.begin(metric("vfswatch_map_capacity"));
    for (const MapRow& row : maps) {
        families.add({{"map", row.name}}, static_cast<double>(row.capacity));
    }
    families.begin(metric("vfswatch_map_memory_bytes"));
    for (const MapRow& row : maps) {
        families.add({{"map", row.name}}, static_cast<double>(row.memory_bytes));
    }
}

void add_snippets(Families& families, const std::vector<SnippetCounts>& snippets,
                  const std::vector<Target>& targets, const TargetChoice& choice) {
    const auto is_shown = [&](const SnippetCounts& counts) {
        return choice.has(targets.at(counts.target).name);
    };
    families.begin(metric("vfswatch_snippets_total"));
    for (const SnippetCounts& counts : snippets) {
        if (!is_shown(counts)) continue;
        for (const auto& [word, outcome] : kSnippetOutcomes)
            families.add(
                {{"target", targets.at(counts.target).name}, {"outcome", std::string(word)}},
                static_cast<double>(counts.of(outcome)));
    }
    families.begin(metric("vfswatch_snippets_sampled_total"));
    for (const SnippetCounts& counts : snippets) {
        if (!is_shown(counts)) continue;
        families.add({{"target", targets.at(counts.target).name}},
                     static_cast<double>(counts.taken));
    }
}

void add_state_resets(Families& families, const StateResets& resets) {
    families.begin(metric("vfswatch_state_resets_total"));
    families.add({{"reason", "layout"}}, static_cast<double>(resets.layout));
    families.add({{"reason", "config"}}, static_cast<double>(resets.config));
    families.add({{"reason", "damaged"}}, static_cast<double>(resets.damaged));
}

void add_config(Families& families, const SelfMetrics& self, const std::vector<Target>& targets,
                const TargetChoice& choice) {
    families.single(metric("vfswatch_config_last_reload_successful"),
                    self.config_last_reload_successful ? 1 : 0);
    families.single(metric("vfswatch_config_last_reload_success_timestamp_seconds"),
                    self.config_last_reload_success_timestamp_seconds);
    if (self.web_config_last_reload_successful)
        families.single(metric("vfswatch_web_config_last_reload_successful"),
                        *self.web_config_last_reload_successful ? 1 : 0);
    families.begin(metric("vfswatch_target_info"));
    for (const Target& target : targets) {
        if (!choice.has(target.name)) continue;
        families.add(
            {{"target", target.name}, {"processes", target.processes}, {"paths", target.paths}}, 1);
    }
}

void add_build(Families& families, const BuildInfo& build) {
    families.begin(metric("vfswatch_build_info"));
    families.add({{"version", build.version},
                  {"revision", build.revision},
                  {"compiler", build.compiler},
                  {"libbpf", build.libbpf},
                  {"kernel", build.kernel}},
                 1);
}

void add_process(Families& families, const ProcessMetrics& process) {
    families.single(metric("process_cpu_seconds_total"), process.cpu_seconds);
    families.single(metric("process_open_fds"), process.open_fds);
    families.single(metric("process_max_fds"), process.max_fds);
    families.single(metric("process_virtual_memory_bytes"), process.virtual_memory_bytes);
    families.single(metric("process_resident_memory_bytes"), process.resident_memory_bytes);
    families.single(metric("process_start_time_seconds"), process.start_time_seconds);
    families.single(metric("process_threads"), process.threads);
}

}  // namespace

std::string render_self_metrics(const SelfMetrics& self, const std::vector<Target>& targets,
                                const TargetChoice& choice) {
    Families families;
    add_probes(families, self);
    add_maps(families, self.maps);
    add_snippets(families, self.snippets, targets, choice);
    add_state_resets(families, self.state_resets);
    families.single(metric("vfswatch_paths_resolved_total"),
                    static_cast<double>(self.paths_resolved));
    add_config(families, self, targets, choice);
    add_build(families, self.build);
    families.single(metric("vfswatch_scrape_duration_seconds"), self.last_scrape_duration_seconds);
    add_process(families, self.process);
    return std::move(families).text();
}

}  // namespace vfswatchd
