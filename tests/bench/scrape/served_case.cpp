// SPDX-License-Identifier: Apache-2.0
#include "served_case.h"

#include <malloc.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <future>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>

#include "base/unique_fd.h"
#include "client.h"
#include "crowd.h"

namespace vfswatchd::bench {
namespace {

constexpr Crowd::Size kCrowd{.half_open = 1000, .dripping = 200};
/// It has taken all places by then, and comes again.
constexpr std::chrono::seconds kCrowdGathers{3};
constexpr std::chrono::milliseconds kBetweenLooks{25};
constexpr int kControl = STDIN_FILENO;  // a socket to the client's process

struct Memory {
    double resident_mb = 0;
    double peak_mb = 0;
};

Memory memory() {
    Memory found;
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);) {
        const double mb = line.size() > 6 ? std::atof(line.c_str() + 6) / 1024 : 0;
        if (line.compare(0, 6, "VmRSS:") == 0) found.resident_mb = mb;
        if (line.compare(0, 6, "VmHWM:") == 0) found.peak_mb = mb;
    }
    return found;
}

/// proc(5): 5 sets the peak back to what is resident now.
void reset_peak() {
    std::ofstream("/proc/self/clear_refs") << "5";
}

template <typename T>
bool give(int fd, const T& value) {
    return ::write(fd, &value, sizeof value) == static_cast<ssize_t>(sizeof value);
}

template <typename T>
T take(int fd) {
    T value{};
    if (::read(fd, &value, sizeof value) != static_cast<ssize_t>(sizeof value)) {
        throw std::runtime_error("the other process ended");
    }
    return value;
}

/// The server's process; waited for in every case.
class Child {
  public:
    Child(const char* server, std::size_t files) {
        std::array<int, 2> ends{};
        if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data()) != 0) {
            throw std::runtime_error("socketpair failed");
        }
        control_.reset(ends[0]);
        const UniqueFd theirs(ends[1]);
        const std::string count = std::to_string(files);
        pid_ = ::fork();
        if (pid_ < 0) throw std::runtime_error("fork failed");
        if (pid_ == 0) {
            ::dup2(theirs.get(), kControl);
            ::execl("/proc/self/exe", "scrape_bench", "--serve", server, count.c_str(), nullptr);
            ::_exit(127);
        }
    }
    Child(const Child&) = delete;
    Child& operator=(const Child&) = delete;
    ~Child() {
        control_.reset();
        ::waitpid(pid_, nullptr, 0);
    }
    [[nodiscard]] int control() const { return control_.get(); }
    [[nodiscard]] Memory memory() const {
        if (!give(control_.get(), '?')) throw std::runtime_error("the server's process ended");
        return take<Memory>(control_.get());
    }

  private:
    UniqueFd control_;
    pid_t pid_ = -1;
};

double median(std::vector<double> values) {
    std::sort(values.begin(), values.end());
    return values[values.size() / 2];
}

double milliseconds(ScrapeClient::Duration duration) {
    return std::chrono::duration<double, std::milli>(duration).count();
}

/// Milliseconds until the last one has its page.
double scrape_at_once(std::vector<ScrapeClient>& clients, std::uint16_t port, bool gzip) {
    const auto begin = std::chrono::steady_clock::now();
    std::vector<std::future<ScrapeClient::Duration>> scrapes;
    for (ScrapeClient& client : clients)
        scrapes.push_back(std::async(std::launch::async,
                                     [&client, port, gzip] { return client.scrape(port, gzip); }));
    for (auto& scrape : scrapes)
        scrape.get();
    return milliseconds(std::chrono::steady_clock::now() - begin);
}

PathTime time_of(std::uint16_t port, const std::string& path, int runs) {
    ScrapeClient client;
    std::vector<double> times_ms;
    int hung_up = 0;
    for (int run = 0; run < runs; ++run) {
        // The crowd moves once in a second: looks are spread over seconds.
        std::this_thread::sleep_for(kBetweenLooks);
        const double took_ms = milliseconds(client.get(port, path));
        if (client.answer().empty()) {
            ++hung_up;
            continue;
        }
        if (!client.answer().starts_with("HTTP/1.1 200"))
            throw std::runtime_error(path + ": " + client.answer().substr(0, 50));
        times_ms.push_back(took_ms);
    }
    if (times_ms.empty()) throw std::runtime_error(path + " is never answered");
    const double worst = *std::max_element(times_ms.begin(), times_ms.end());
    return {.median_ms = median(std::move(times_ms)), .worst_ms = worst, .hung_up = hung_up};
}

PathTimes times_of_paths(std::uint16_t port, int runs) {
    return {.healthz = time_of(port, "/healthz", runs), .metrics = time_of(port, "/metrics", runs)};
}

}  // namespace

int serve(MakeServer make, std::size_t files) {
    try {
        const auto server = make(files);
        ::malloc_trim(0);
        reset_peak();
        const Memory before = memory();
        if (!give(kControl, server->port())) return 1;
        for (char asked = 0; ::read(kControl, &asked, 1) == 1;)
            if (!give(kControl, Memory{before.resident_mb, memory().peak_mb})) return 1;
        return 0;
    } catch (const std::exception& error) {
        std::fprintf(stderr, "server: %s\n", error.what());
        return 1;
    }
}

CaseResult run_case(const char* server, std::size_t files, bool gzip, int runs, int clients) {
    const Child child(server, files);
    const auto port = take<std::uint16_t>(child.control());
    std::vector<ScrapeClient> all(static_cast<std::size_t>(clients));
    ScrapeClient& client = all.front();
    client.scrape(port, gzip);
    std::vector<double> times_ms;
    for (int run = 0; run < runs; ++run)
        times_ms.push_back(scrape_at_once(all, port, gzip));
    const Memory used = child.memory();
    return {.median_ms = median(std::move(times_ms)),
            .wire_bytes = client.answer().size(),
            .resident_mb = used.resident_mb,
            .growth_mb = used.peak_mb - used.resident_mb,
            .peak_mb = used.peak_mb,
            .samples = file_samples(body_of(client.answer()))};
}

CrowdedCase run_crowded_case(const char* server, std::size_t files, int runs) {
    const Child child(server, files);
    const auto port = take<std::uint16_t>(child.control());
    CrowdedCase result;
    ScrapeClient().scrape(port, false);
    result.usual = times_of_paths(port, runs);
    result.peak_usual_mb = child.memory().peak_mb;
    const Crowd crowd(port, kCrowd);
    std::this_thread::sleep_for(kCrowdGathers);
    result.crowded = times_of_paths(port, runs);
    result.peak_crowded_mb = child.memory().peak_mb;
    result.came_again = crowd.came_again();
    return result;
}

}  // namespace vfswatchd::bench
