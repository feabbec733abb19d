// SPDX-License-Identifier: Apache-2.0
#include "servers.h"

#include <prometheus/collectable.h>
#include <prometheus/exposer.h>
#include <prometheus/metric_family.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstring>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "http/server.h"
#include "metrics/collector.h"
#include "series.h"
#include "service/counts_page.h"

namespace vfswatchd::bench {
namespace {

/// The kernel's part of a scrape, without the kernel: what the maps would have said.
ReadSnapshot first_snapshot(std::size_t files) {
    ReadSnapshot snapshot;
    snapshot.overflow.resize(1);
    for (std::uint32_t file = 0; file < files; ++file) {
        ReadSum sum;
        sum.id = file + 1;
        sum.key.targets = 1;
        sum.key.path = file + 1;
        std::memcpy(sum.key.comm, kComm, sizeof kComm);
        sum.counts.bytes = bytes_of(file, 0);
        sum.counts.calls = calls_of(file, 0);
        snapshot.sums.push_back(sum);
        snapshot.new_names.push_back({file + 1, path_of(file), false});
    }
    return snapshot;
}

class VfswatchdServer : public BenchServer {
  public:
    explicit VfswatchdServer(std::size_t files)
        : exposition_({Target{kTarget, LabelFields{.comm = true}, "", ""}},
                      {files, std::chrono::hours(1)}),
          snapshot_(first_snapshot(files)) {
        // The daemon has met its files long before the scrape that counts.
        static_cast<void>(exposition_.scrape(snapshot_, {}, std::chrono::steady_clock::now()));
        std::vector<FileName>().swap(snapshot_.new_names);
        HttpHandlers handlers{.page = [] { return std::string(); },
                              .healthy = [] { return true; },
                              .ready = [] { return true; },
                              .has_target = [](const std::string&) { return true; },
                              .scrape = [this](const TargetChoice&) { return scrape(); },
                              .failed = {}};
        Result<HttpServer> server = HttpServer::start({{"127.0.0.1", 0}}, std::move(handlers));
        if (!server) throw std::runtime_error(server.error().message());
        server_ = std::make_unique<HttpServer>(std::move(*server));
    }

    [[nodiscard]] std::uint16_t port() const override { return server_->addresses()[0].port; }

  private:
    std::shared_ptr<const ScrapePage> scrape() {
        ++scrapes_;
        for (std::size_t file = 0; file < snapshot_.sums.size(); ++file) {
            snapshot_.sums[file].counts.bytes = bytes_of(file, scrapes_);
            snapshot_.sums[file].counts.calls = calls_of(file, scrapes_);
        }
        return share_page(exposition_.scrape(snapshot_, {}, std::chrono::steady_clock::now()),
                          snapshot_.sums.size());
    }

    Exposition exposition_;
    ReadSnapshot snapshot_;
    std::uint64_t scrapes_ = 0;
    std::unique_ptr<HttpServer> server_;  // last: its thread uses what stands above
};

class FileCollectable : public prometheus::Collectable {
  public:
    explicit FileCollectable(std::size_t files) {
        for (std::size_t file = 0; file < files; ++file)
            paths_.push_back(path_of(file));
    }

    [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
        const std::uint64_t scrape = ++scrapes_;
        std::vector<prometheus::MetricFamily> families;
        families.push_back(family("vfswatch_file_read_bytes_total", bytes_of, scrape));
        families.push_back(family("vfswatch_file_read_calls_total", calls_of, scrape));
        return families;
    }

  private:
    using CountOf = std::uint64_t (*)(std::size_t, std::uint64_t);

    [[nodiscard]] prometheus::MetricFamily family(const char* name, CountOf count,
                                                  std::uint64_t scrape) const {
        prometheus::MetricFamily made{
            name, "Reads of a file.", prometheus::MetricType::Counter, {}};
        made.metric.reserve(paths_.size());
        for (std::size_t file = 0; file < paths_.size(); ++file) {
            prometheus::ClientMetric& metric = made.metric.emplace_back();
            metric.label.reserve(3);
            metric.label.push_back({"target", kTarget});
            metric.label.push_back({"path", paths_[file]});
            metric.label.push_back({"comm", kComm});
            metric.counter.value = static_cast<double>(count(file, scrape));
        }
        return made;
    }

    std::vector<std::string> paths_;
    mutable std::atomic<std::uint64_t> scrapes_ = 0;
};

class ExposerServer : public BenchServer {
  public:
    explicit ExposerServer(std::size_t files)
        : files_(std::make_shared<FileCollectable>(files)), exposer_("127.0.0.1:0") {
        exposer_.RegisterCollectable(files_);
    }

    [[nodiscard]] std::uint16_t port() const override {
        const std::vector<int> ports = exposer_.GetListeningPorts();
        return ports.empty() ? std::uint16_t{0} : static_cast<std::uint16_t>(ports[0]);
    }

  private:
    std::shared_ptr<FileCollectable> files_;
    prometheus::Exposer exposer_;
};

}  // namespace

std::unique_ptr<BenchServer> make_vfswatchd(std::size_t files) {
    return std::make_unique<VfswatchdServer>(files);
}

std::unique_ptr<BenchServer> make_exposer(std::size_t files) {
    return std::make_unique<ExposerServer>(files);
}

}  // namespace vfswatchd::bench
