// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <curl/curl.h>

#include <array>
#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "live/endpoint_url.h"

namespace vfswatchd {

/// How an endpoint is asked; an empty text: without it.
struct FetchSettings {
    EndpointUrl endpoint;
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string user;
    std::string password;
};

/// Fetches an endpoint's page, again and again over one connection, while its owner waits for
/// other things too.
/// Thread: one.
class Fetcher {
  public:
    using Clock = std::chrono::steady_clock;
    /// Takes the page as it comes. Its errors end the attempt.
    using Sink = std::function<Result<void>(std::string_view)>;

    /// Errors: curl refuses a setting.
    static Result<std::unique_ptr<Fetcher>> make(FetchSettings settings, Sink sink);
    Fetcher(const Fetcher&) = delete;
    Fetcher& operator=(const Fetcher&) = delete;
    ~Fetcher();

    /// One attempt at a time.
    void start();
    [[nodiscard]] bool under_way() const { return under_way_; }
    /// Waits until the attempt goes on, one of the descriptors can be read, or the time is over.
    void wait(const std::vector<int>& descriptors, std::chrono::milliseconds most);
    /// The end of an attempt, once: when the page was made, as far as can be told from outside.
    /// Errors: what went wrong and what to do about it.
    std::optional<Result<Clock::time_point>> ended();

  private:
    struct EasyDeleter {
        void operator()(CURL* easy) const { curl_easy_cleanup(easy); }
    };
    struct MultiDeleter {
        void operator()(CURLM* multi) const { curl_multi_cleanup(multi); }
    };

    Fetcher(FetchSettings settings, Sink sink);
    Result<void> set_up();
    template <typename T>
    void set(CURLoption option, T value);
    void set_text(CURLoption option, const std::string& text);
    std::size_t take(std::string_view piece);
    Result<void> judge(CURLcode code);
    static std::size_t write(char* data, std::size_t size, std::size_t count, void* self);

    FetchSettings settings_;
    Sink sink_;
    std::unique_ptr<CURL, EasyDeleter> easy_;
    std::unique_ptr<CURLM, MultiDeleter> multi_;  ///< goes first
    CURLcode refused_ = CURLE_OK;                 ///< the first setting that curl did not take
    std::array<char, CURL_ERROR_SIZE> detail_{};
    bool under_way_ = false;
    std::size_t taken_ = 0;  ///< bytes of this page
    std::string refusal_;    ///< beginning of an answer that is no page
    Result<void> sink_result_;
    Clock::time_point made_{};
};

}  // namespace vfswatchd
