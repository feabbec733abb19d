// SPDX-License-Identifier: Apache-2.0
// web_soak SCRAPES CERTIFICATES: scrapes over TLS with a password, on connections that are kept and
// on new ones, while certificate and key are replaced so often. Ends with 1 where a scrape fails, a
// new certificate is not shown, or memory or descriptors grow.
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "certificates.h"
#include "folder.h"
#include "service/web_access.h"
#include "sources.h"
#include "tls_client.h"
#include "web_access_setup.h"

namespace vfswatchd {
namespace {

constexpr std::size_t kPageBytes = 150'000;  // some 1,000 series
constexpr int kClients = 4;
constexpr int kScrapesOfAConnection = 50;
/// Half of them for the heap to find its size, the others to keep it.
constexpr int kFewestRounds = 4;
constexpr double kMostGrowth = 1.05;
constexpr char kRight[] = "Authorization: Basic cHJvbTpzZWNyZXQ=\r\n";  // prom:secret

struct Size {
    long descriptors = 0;
    long resident_kib = 0;
};

Size size_now() {
    Size size;
    for ([[maybe_unused]] const auto& entry : std::filesystem::directory_iterator("/proc/self/fd"))
        ++size.descriptors;
    std::ifstream status("/proc/self/status");
    for (std::string line; std::getline(status, line);)
        if (line.starts_with("VmRSS:")) size.resident_kib = std::atol(line.c_str() + 6);
    return size;
}

/// One of several scrapers; returns how many scrapes were not whole.
int scrape(const HttpAddress& address, const std::string& authority, int scrapes, bool gzip) {
    const std::string request = "GET /metrics HTTP/1.1\r\nHost: localhost\r\n" +
                                std::string(kRight) + (gzip ? "Accept-Encoding: gzip\r\n" : "") +
                                "\r\n";
    std::unique_ptr<TlsClient> client;
    int failures = 0;
    for (int i = 0; i < scrapes; ++i) {
        if (i % kScrapesOfAConnection == 0)
            client = std::make_unique<TlsClient>(address, TlsClientOptions{.authority = authority});
        client->send(request);
        const Answer answer = client->receive_answer();
        const bool whole =
            answer.status == 200 && answer.whole && (gzip || answer.body.size() >= kPageBytes);
        if (!whole) ++failures;
    }
    return failures;
}

class Soak {
  public:
    explicit Soak(int scrapes_of_a_round) : scrapes_of_a_round_(scrapes_of_a_round) {
        replace_certificate();
        folder_.write("web.yml",
                      "tls_server_config: {cert_file: a.crt, key_file: a.key}\n"
                      "basic_auth_users: {prom: " +
                          bcrypt_of("secret") + "}\n");
        WebReading reading = read_web(folder_.path("web.yml"));
        if (!reading.faults.empty()) throw std::runtime_error(reading.faults.front());
        auto server = HttpServer::start({{"127.0.0.1", 0}}, serving(numbered_lines(kPageBytes)), {},
                                        reading.access);
        if (!server) throw std::runtime_error(server.error().message());
        server_ = std::make_unique<HttpServer>(std::move(*server));
        access_ = std::make_unique<WebAccess>(std::move(reading), *server_, log_);
    }

    /// Scrapes, and in the middle of that another certificate. Returns what failed.
    int round() {
        const std::string before = shown();
        std::vector<std::thread> threads;
        std::vector<int> failures(kClients);
        for (int client = 0; client < kClients; ++client)
            threads.emplace_back([this, client, &failures] {
                failures[static_cast<std::size_t>(client)] =
                    scrape(address(), authority_.certificate(), scrapes_of_a_round_ / kClients,
                           client % 2 == 1);
            });
        replace_certificate();
        access_->look();
        const bool replaced = shown() != before;
        for (std::thread& thread : threads)
            thread.join();
        int failed = replaced ? 0 : 1;
        for (const int of_client : failures)
            failed += of_client;
        return failed;
    }

  private:
    [[nodiscard]] HttpAddress address() const { return server_->addresses().front(); }

    [[nodiscard]] std::string shown() const {
        return TlsClient(address(), {.authority = authority_.certificate()}).peer();
    }

    void replace_certificate() {
        const Identity identity = authority_.issue(
            {.name = "server", .dns_names = {"localhost"}, .ip_addresses = {"127.0.0.1"}});
        folder_.write("a.crt", identity.certificate);
        folder_.write("a.key", identity.key);
    }

    int scrapes_of_a_round_;
    Folder folder_;
    const Authority authority_{"authority"};
    const Log log_{LogLevel::kError};
    std::unique_ptr<HttpServer> server_;
    std::unique_ptr<WebAccess> access_;  // last: it uses the server
};

int run(int scrapes, int certificates) {
    Soak soak(scrapes / certificates);
    int failures = 0;
    std::vector<Size> sizes;
    for (int round = 0; round < certificates; ++round) {
        failures += soak.round();
        sizes.push_back(size_now());
    }
    const Size& first = sizes[sizes.size() / 2];
    const Size& last = sizes.back();
    std::printf(
        "%d scrapes, certificates replaced %d times: %d failures; descriptors %ld, then %ld; "
        "resident %ld KiB, then %ld KiB\n",
        scrapes, certificates, failures, first.descriptors, last.descriptors, first.resident_kib,
        last.resident_kib);
    const bool flat = last.descriptors <= first.descriptors &&
                      static_cast<double>(last.resident_kib) <=
                          static_cast<double>(first.resident_kib) * kMostGrowth;
    return failures == 0 && flat ? 0 : 1;
}

}  // namespace
}  // namespace vfswatchd

int main(int argc, char** argv) {
    const int scrapes = argc == 3 ? std::atoi(argv[1]) : 0;
    const int certificates = argc == 3 ? std::atoi(argv[2]) : 0;
    if (scrapes <= 0 || certificates < vfswatchd::kFewestRounds) {
        std::fputs("usage: web_soak SCRAPES CERTIFICATES   (4 certificates or more)\n", stderr);
        return 64;
    }
    try {
        return vfswatchd::run(scrapes, certificates);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "web_soak: %s\n", error.what());
        return 1;
    }
}
