// SPDX-License-Identifier: Apache-2.0
#include "live/endpoint_url.h"

#include <curl/curl.h>
#include <sys/un.h>

#include <memory>
#include <string_view>
#include <utility>

namespace vfswatchd {
namespace {

constexpr std::string_view kUnix = "unix:";
constexpr const char* kMetrics = "/metrics";

struct UrlDeleter {
    void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

/// Empty: the URL has no such part.
std::string part(const Url& url, CURLUPart what) {
    char* text = nullptr;
    if (curl_url_get(url.get(), what, &text, 0) != CURLUE_OK) return {};
    std::string found = text;
    curl_free(text);
    return found;
}

bool set(const Url& url, CURLUPart what, const std::string& text, unsigned flags = 0) {
    return curl_url_set(url.get(), what, text.c_str(), flags) == CURLUE_OK;
}

tl::unexpected<Error> wrong(const std::string& text, const std::string& expected) {
    return fail(plain_error("found `" + text + "`, expected " + expected));
}

bool is_loopback(const std::string& host) {
    return host == "localhost" || host == "[::1]" || host.starts_with("127.");
}

bool add_targets(const Url& url, const std::vector<std::string>& targets) {
    for (const std::string& target : targets)
        if (!set(url, CURLUPART_QUERY, "target[]=" + target, CURLU_APPENDQUERY | CURLU_URLENCODE))
            return false;
    return true;
}

Result<EndpointUrl> over_unix_socket(const std::string& text,
                                     const std::vector<std::string>& targets) {
    EndpointUrl endpoint;
    endpoint.shown = text;
    endpoint.unix_socket = text.substr(kUnix.size());
    endpoint.loopback = true;
    if (!endpoint.unix_socket.starts_with('/'))
        return wrong(text, "a socket's whole path, unix:/run/vfswatchd/metrics.sock");
    if (endpoint.unix_socket.size() >= sizeof(sockaddr_un{}.sun_path))
        return wrong(text, "a socket's path of fewer than " +
                               std::to_string(sizeof(sockaddr_un{}.sun_path)) + " bytes");
    const Url url(curl_url());
    if (!set(url, CURLUPART_URL, std::string("http://localhost") + kMetrics) ||
        !add_targets(url, targets))
        return fail(plain_error("cannot make a URL"));
    endpoint.url = part(url, CURLUPART_URL);
    return endpoint;
}

}  // namespace

Result<EndpointUrl> parse_endpoint_url(const std::string& text,
                                       const std::vector<std::string>& targets) {
    if (text.starts_with(kUnix)) return over_unix_socket(text, targets);
    const std::string expected = "http://HOST:PORT/metrics, https://..., or unix:/PATH";
    const bool tls = text.starts_with("https://");
    if (!tls && !text.starts_with("http://")) return wrong(text, expected);
    const Url url(curl_url());
    if (!set(url, CURLUPART_URL, text)) return wrong(text, expected);
    // On the command line everybody sees them.
    if (!part(url, CURLUPART_USER).empty() || !part(url, CURLUPART_PASSWORD).empty())
        return fail(
            plain_error("found a user in the URL, expected --user, and the password in "
                        "--password-file or the environment"));
    if (part(url, CURLUPART_PATH) == "/" && !set(url, CURLUPART_PATH, kMetrics))
        return fail(plain_error("cannot make a URL"));
    EndpointUrl endpoint;
    endpoint.tls = tls;
    endpoint.loopback = is_loopback(part(url, CURLUPART_HOST));
    endpoint.shown = part(url, CURLUPART_URL);
    if (!add_targets(url, targets)) return fail(plain_error("cannot make a URL"));
    endpoint.url = part(url, CURLUPART_URL);
    return endpoint;
}

}  // namespace vfswatchd
