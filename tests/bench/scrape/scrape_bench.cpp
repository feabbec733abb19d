// SPDX-License-Identifier: Apache-2.0
// What a scrape costs beside a prometheus-cpp Exposer that serves the same series, as a markdown
// table. Ends with 1 where the two do not serve the same: then the times compare nothing. With
// --parallel, also what many scrapes at once take; ends with 1 where that is much more than one.
// With --crowd, also how long one waits beside clients that hold on to their places; ends with 1
// where more than a few are not answered.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <string>
#include <utility>
#include <vector>

#include "served_case.h"

namespace vfswatchd::bench {
namespace {

constexpr char kVfswatchd[] = "vfswatchd";
constexpr char kExposer[] = "exposer";

/// Many scrapes at once, and a crowd, may take so much of one's peak.
constexpr double kMostOfOne = 1.5;

/// One look in so many may be taken for one of the crowd, where the bench is held up before it
/// asks.
constexpr int kLooksForOneHungUp = 20;

struct Options {
    int runs = 5;
    int parallel = 0;
    bool crowd = false;
    std::vector<std::size_t> series{1000, 10000, 100000};
};

struct ServerResult {
    CaseResult plain;
    CaseResult gzip;
};

void print_header(int runs) {
    std::printf(
        "A series is one line of the page; each file has two (bytes, calls) with 3 labels and a\n"
        "path of about 60 bytes. Every value grows before every scrape. Times: median of %d on\n"
        "loopback after one to warm up. Growth: highest resident memory while scraped, above what\n"
        "was resident before the first scrape with the data in place.\n\n"
        "| series | server | plain, ms | gzip, ms | plain, MB | gzip, MB | resident, MB | growth "
        "plain, MB | growth gzip, MB |\n"
        "|---|---|---|---|---|---|---|---|---|\n",
        runs);
}

void print_row(std::size_t series, const char* server, const ServerResult& result) {
    std::printf("| %zu | %s | %.2f | %.2f | %.2f | %.3f | %.1f | %.1f | %.1f |\n", series, server,
                result.plain.median_ms, result.gzip.median_ms,
                static_cast<double>(result.plain.wire_bytes) / 1e6,
                static_cast<double>(result.gzip.wire_bytes) / 1e6, result.plain.resident_mb,
                result.plain.growth_mb, result.gzip.growth_mb);
}

void print_ratios(std::size_t series, const ServerResult& ours, const ServerResult& theirs) {
    std::printf(
        "| %zu | **ratio** | **%.1f** | **%.1f** | | | | **%.1f** | **%.1f** |\n", series,
        theirs.plain.median_ms / ours.plain.median_ms, theirs.gzip.median_ms / ours.gzip.median_ms,
        theirs.plain.growth_mb / ours.plain.growth_mb, theirs.gzip.growth_mb / ours.gzip.growth_mb);
    std::fflush(stdout);
}

bool same_pages(std::size_t series, const ServerResult& ours, const ServerResult& theirs) {
    const std::pair<const char*, std::string> checks[] = {
        {"plain", difference(ours.plain.samples, theirs.plain.samples)},
        {"gzip", difference(ours.gzip.samples, theirs.gzip.samples)},
        {"plain and gzip", difference(ours.plain.samples, ours.gzip.samples)}};
    bool same = ours.plain.samples.size() == series;
    if (!same) {
        std::fprintf(stderr, "%zu series served, %zu wanted\n", ours.plain.samples.size(), series);
    }
    for (const auto& [what, found] : checks) {
        if (found.empty()) continue;
        std::fprintf(stderr, "%zu series, %s: %s\n", series, what, found.c_str());
        same = false;
    }
    return same;
}

bool compare(std::size_t series, int runs) {
    const std::size_t files = series / 2;
    const ServerResult ours{run_case(kVfswatchd, files, false, runs),
                            run_case(kVfswatchd, files, true, runs)};
    const ServerResult theirs{run_case(kExposer, files, false, runs),
                              run_case(kExposer, files, true, runs)};
    print_row(series, "vfswatchd", ours);
    print_row(series, "prometheus-cpp Exposer", theirs);
    print_ratios(series, ours, theirs);
    return same_pages(series, ours, theirs);
}

/// Do many scrapes at once take little more memory than one?
bool compare_parallel(std::size_t series, int runs, int clients) {
    bool holds = true;
    for (const bool gzip : {false, true}) {
        const CaseResult one = run_case(kVfswatchd, series / 2, gzip, runs);
        const CaseResult many = run_case(kVfswatchd, series / 2, gzip, runs, clients);
        std::printf("| %zu | %s | %.1f | %.1f | %.1f | %.2f |\n", series, gzip ? "gzip" : "plain",
                    one.peak_mb, many.peak_mb, many.median_ms, many.peak_mb / one.peak_mb);
        std::fflush(stdout);
        holds = holds && many.peak_mb <= kMostOfOne * one.peak_mb;
    }
    return holds;
}

/// Is everybody answered beside a crowd, out of memory that does not grow?
bool compare_crowded(std::size_t series, int runs) {
    const CrowdedCase found = run_crowded_case(kVfswatchd, series / 2, runs);
    const auto print = [&](const char* path, const PathTime& usual, const PathTime& crowded) {
        std::printf("| %zu | %s | %.2f | %.2f | %.2f | %.2f | %.2f | %d | %.1f | %.1f |\n", series,
                    path, usual.median_ms, crowded.median_ms, crowded.median_ms / usual.median_ms,
                    usual.worst_ms, crowded.worst_ms, crowded.hung_up, found.peak_usual_mb,
                    found.peak_crowded_mb);
    };
    print("/healthz", found.usual.healthz, found.crowded.healthz);
    print("/metrics", found.usual.metrics, found.crowded.metrics);
    std::fflush(stdout);
    const int hung_up = found.crowded.healthz.hung_up + found.crowded.metrics.hung_up;
    const bool answered = hung_up * kLooksForOneHungUp <= 2 * runs;
    // Without a place the crowd would prove nothing.
    const bool held = found.came_again > 0;
    return answered && held && found.peak_crowded_mb <= kMostOfOne * found.peak_usual_mb;
}

int serve_as(const char* server, const char* files) {
    const MakeServer make = std::strcmp(server, kVfswatchd) == 0 ? make_vfswatchd : make_exposer;
    return serve(make, std::strtoul(files, nullptr, 10));
}

bool parse(int argc, char** argv, Options& options) {
    for (int i = 1; i < argc; ++i) {
        if (std::strcmp(argv[i], "--runs") == 0 && i + 1 < argc) {
            options.runs = std::atoi(argv[++i]);
        } else if (std::strcmp(argv[i], "--parallel") == 0 && i + 1 < argc) {
            options.parallel = std::atoi(argv[++i]);
        } else if (std::strcmp(argv[i], "--crowd") == 0) {
            options.crowd = true;
        } else if (std::strcmp(argv[i], "--series") == 0 && i + 1 < argc) {
            options.series.clear();
            while (i + 1 < argc && argv[i + 1][0] != '-') {
                options.series.push_back(std::strtoul(argv[++i], nullptr, 10));
            }
        } else {
            return false;
        }
    }
    for (const std::size_t series : options.series) {
        if (series == 0 || series % 2 != 0) return false;
    }
    return options.runs > 0 && !options.series.empty();
}

}  // namespace
}  // namespace vfswatchd::bench

int main(int argc, char** argv) {
    using namespace vfswatchd::bench;
    if (argc == 4 && std::strcmp(argv[1], "--serve") == 0) return serve_as(argv[2], argv[3]);
    Options options;
    if (!parse(argc, argv, options)) {
        std::fputs(
            "usage: scrape_bench [--runs N] [--parallel N] [--crowd] [--series N...]   (N of "
            "--series even)\n",
            stderr);
        return 64;
    }
    try {
        print_header(options.runs);
        bool same = true;
        for (const std::size_t series : options.series) {
            same = compare(series, options.runs) && same;
        }
        if (options.parallel > 0) {
            std::printf(
                "\n| series | page | peak of one, MB | peak of %d at once, MB | all of them, "
                "ms | ratio of peaks |\n|---|---|---|---|---|---|\n",
                options.parallel);
            for (const std::size_t series : options.series)
                same = compare_parallel(series, options.runs, options.parallel) && same;
        }
        if (options.crowd) {
            std::printf(
                "\n| series | path | usual, ms | beside 1,200 others, ms | ratio | worst usual, "
                "ms | worst beside others, ms | hung up on | peak usual, MB | peak beside others, "
                "MB |\n|---|---|---|---|---|---|---|---|---|---|\n");
            for (const std::size_t series : options.series)
                same = compare_crowded(series, options.runs) && same;
        }
        return same ? 0 : 1;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "scrape_bench: %s\n", error.what());
        return 1;
    }
}
