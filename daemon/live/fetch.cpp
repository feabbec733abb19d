// SPDX-License-Identifier: Apache-2.0
#include "live/fetch.h"

#include <algorithm>
#include <utility>

#include "live/fetch_failure.h"

namespace vfswatchd {
namespace {

// A page of 300,000 series with long paths has some 250 MB before gzip.
constexpr std::size_t kMostPageBytes = std::size_t{1} << 30U;
constexpr std::size_t kMostRefusalBytes = 400;
constexpr long kConnectSeconds = 5;
constexpr long kAnswerSeconds = 30;
constexpr long kOk = 200;

std::string first_line(const std::string& text) {
    return text.substr(0, text.find_first_of("\r\n"));
}

}  // namespace

Result<std::unique_ptr<Fetcher>> Fetcher::make(FetchSettings settings, Sink sink) {
    std::unique_ptr<Fetcher> fetcher(new Fetcher(std::move(settings), std::move(sink)));
    const auto ready = fetcher->set_up();
    if (!ready) return fail(ready.error());
    return fetcher;
}

Fetcher::Fetcher(FetchSettings settings, Sink sink)
    : settings_(std::move(settings)), sink_(std::move(sink)) {
    curl_global_init(CURL_GLOBAL_DEFAULT);
    easy_.reset(curl_easy_init());
    multi_.reset(curl_multi_init());
}

Fetcher::~Fetcher() {
    if (under_way_) curl_multi_remove_handle(multi_.get(), easy_.get());
    multi_.reset();
    easy_.reset();
    curl_global_cleanup();
}

template <typename T>
void Fetcher::set(CURLoption option, T value) {
    // NOLINTNEXTLINE(cppcoreguidelines-pro-type-vararg): the library's interface
    const CURLcode code = curl_easy_setopt(easy_.get(), option, value);
    if (refused_ == CURLE_OK) refused_ = code;
}

void Fetcher::set_text(CURLoption option, const std::string& text) {
    if (!text.empty()) set(option, text.c_str());
}

Result<void> Fetcher::set_up() {
    if (easy_ == nullptr || multi_ == nullptr) return fail(plain_error("cannot set up curl"));
    set_text(CURLOPT_URL, settings_.endpoint.url);
    set_text(CURLOPT_UNIX_SOCKET_PATH, settings_.endpoint.unix_socket);
    set(CURLOPT_PROTOCOLS_STR, "http,https");
    // A proxy that the environment names cannot reach this machine's own addresses.
    if (settings_.endpoint.loopback) set(CURLOPT_PROXY, "");
    set(CURLOPT_ACCEPT_ENCODING, "gzip");
    set(CURLOPT_USERAGENT, "vfswatchctl");
    set(CURLOPT_CONNECTTIMEOUT, kConnectSeconds);
    set(CURLOPT_TIMEOUT, kAnswerSeconds);
    set(CURLOPT_NOSIGNAL, 1L);
    set(CURLOPT_SSLVERSION, long{CURL_SSLVERSION_TLSv1_2});
    set_text(CURLOPT_CAINFO, settings_.ca_file);
    set_text(CURLOPT_SSLCERT, settings_.certificate_file);
    set_text(CURLOPT_SSLKEY, settings_.key_file);
    // Else the TLS library asks the terminal for an encrypted key's.
    set(CURLOPT_KEYPASSWD, "");
    set(CURLOPT_HTTPAUTH, long{CURLAUTH_BASIC});
    set_text(CURLOPT_USERNAME, settings_.user);
    set_text(CURLOPT_PASSWORD, settings_.password);
    set(CURLOPT_ERRORBUFFER, detail_.data());
    set(CURLOPT_WRITEFUNCTION, &Fetcher::write);
    set(CURLOPT_WRITEDATA, static_cast<void*>(this));
    if (refused_ == CURLE_OK) return {};
    return fail(
        plain_error(std::string("curl refuses a setting: ") + curl_easy_strerror(refused_)));
}

std::size_t Fetcher::write(char* data, std::size_t size, std::size_t count, void* self) {
    return static_cast<Fetcher*>(self)->take({data, size * count});
}

std::size_t Fetcher::take(std::string_view piece) {
    long status = 0;
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &status);
    if (status != kOk) {
        refusal_ += piece.substr(0, kMostRefusalBytes - refusal_.size());
        return piece.size();
    }
    if (taken_ == 0) made_ = Clock::now();
    taken_ += piece.size();
    if (taken_ > kMostPageBytes)
        sink_result_ = fail(plain_error("the page is larger than 1 GiB"));
    else
        sink_result_ = sink_(piece);
    return sink_result_ ? piece.size() : 0;
}

void Fetcher::start() {
    taken_ = 0;
    refusal_.clear();
    sink_result_ = {};
    detail_.front() = '\0';
    made_ = Clock::now();
    under_way_ = curl_multi_add_handle(multi_.get(), easy_.get()) == CURLM_OK;
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
}

void Fetcher::wait(const std::vector<int>& descriptors, std::chrono::milliseconds most) {
    std::vector<curl_waitfd> waits;
    for (const int descriptor : descriptors)
        waits.push_back({descriptor, CURL_WAIT_POLLIN, 0});
    curl_multi_poll(multi_.get(), waits.data(), static_cast<unsigned>(waits.size()),
                    static_cast<int>(most.count()), nullptr);
    int running = 0;
    curl_multi_perform(multi_.get(), &running);
}

std::optional<Result<Fetcher::Clock::time_point>> Fetcher::ended() {
    int left = 0;
    const CURLMsg* message = curl_multi_info_read(multi_.get(), &left);
    if (message == nullptr || message->msg != CURLMSG_DONE) return std::nullopt;
    const auto whole = judge(message->data.result);
    curl_multi_remove_handle(multi_.get(), easy_.get());
    under_way_ = false;
    if (!whole) return fail(whole.error());
    return made_;
}

Result<void> Fetcher::judge(CURLcode code) {
    const std::string& shown = settings_.endpoint.shown;
    if (!sink_result_)
        return fail(plain_error(shown + ": " + sink_result_.error().message() +
                                "; is this vfswatchd's endpoint?"));
    FetchOutcome outcome;
    outcome.code = code;
    outcome.tls = settings_.endpoint.tls;
    outcome.with_certificate = !settings_.certificate_file.empty();
    curl_easy_getinfo(easy_.get(), CURLINFO_RESPONSE_CODE, &outcome.status);
    curl_easy_getinfo(easy_.get(), CURLINFO_OS_ERRNO, &outcome.system_errno);
    if (code == CURLE_OK && outcome.status == kOk) return {};
    const bool has_detail = detail_.front() != '\0';
    if (code == CURLE_OK)
        outcome.detail = first_line(refusal_);
    else
        outcome.detail = has_detail ? detail_.data() : curl_easy_strerror(code);
    return fail(describe_failure(shown, outcome));
}

}  // namespace vfswatchd
