// SPDX-License-Identifier: Apache-2.0
#include "http/basic_auth.h"

#include <gnutls/gnutls.h>
#include <strings.h>

#include <algorithm>
#include <memory>

namespace vfswatchd {
namespace {

constexpr std::string_view kScheme = "Basic";

struct FreeDatum {
    void operator()(unsigned char* data) const { gnutls_free(data); }
};

/// Source: RFC 7617 has the padded alphabet of RFC 4648, 4; GnuTLS would pass over line breaks.
bool is_base64(std::string_view text) {
    return std::all_of(text.begin(), text.end(), [](char c) {
        return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
               c == '+' || c == '/' || c == '=';
    });
}

std::optional<std::string> decoded(std::string_view text) {
    if (text.empty() || text.size() % 4 != 0 || !is_base64(text)) return std::nullopt;
    const std::string copy(text);
    const gnutls_datum_t input{reinterpret_cast<unsigned char*>(const_cast<char*>(copy.data())),
                               static_cast<unsigned>(copy.size())};
    gnutls_datum_t output{nullptr, 0};
    if (gnutls_base64_decode2(&input, &output) != GNUTLS_E_SUCCESS) return std::nullopt;
    const std::unique_ptr<unsigned char, FreeDatum> owned(output.data);
    return std::string(reinterpret_cast<const char*>(output.data), output.size);
}

}  // namespace

std::optional<BasicCredentials> parse_basic_auth(std::string_view authorization) {
    if (authorization.size() <= kScheme.size() ||
        ::strncasecmp(authorization.data(), kScheme.data(), kScheme.size()) != 0 ||
        authorization[kScheme.size()] != ' ')
        return std::nullopt;
    authorization.remove_prefix(kScheme.size());
    authorization.remove_prefix(
        std::min(authorization.find_first_not_of(' '), authorization.size()));
    // White space behind a value is none of it (RFC 9110, 5.5), but libmicrohttpd leaves it there.
    authorization = authorization.substr(0, authorization.find_last_not_of(" \t") + 1);
    const std::optional<std::string> pair = decoded(authorization);
    if (!pair) return std::nullopt;
    const std::size_t colon = pair->find(':');
    if (colon == std::string::npos) return std::nullopt;
    return BasicCredentials{pair->substr(0, colon), pair->substr(colon + 1)};
}

}  // namespace vfswatchd
