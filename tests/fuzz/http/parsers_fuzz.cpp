// SPDX-License-Identifier: Apache-2.0
// Input: a byte that says which parser, then what it parses.
#include <gnutls/gnutls.h>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/parse.h"
#include "config/yaml_tree.h"
#include "http/accept_encoding.h"
#include "http/basic_auth.h"

using namespace vfswatchd;

namespace {

// Not assert(): the checks stay in every build type.
void require(bool holds) {
    if (!holds) std::abort();
}

bool is_printable(const std::string& text) {
    return !text.empty() &&
           std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; });
}

void check_faults(const std::vector<ConfigFault>& faults) {
    require(!faults.empty() && faults.size() <= kMaxFaults + 1);
    for (const ConfigFault& fault : faults) {
        require(!fault.message.empty() && fault.place.file == "web.yml");
        // Whatever was found, one fault is one line of a terminal.
        for (char c : format_fault(fault))
            require(static_cast<unsigned char>(c) >= 0x20);
    }
}

void check_tls(const TlsSettings& tls) {
    require(!tls.cert_file.empty() && !tls.key_file.empty());
    const bool verifies = tls.client_certificate == ClientCertificate::kVerifyIfGiven ||
                          tls.client_certificate == ClientCertificate::kRequireAndVerify;
    require(verifies == !tls.client_ca_file.empty());
    require(verifies || tls.client_names.empty());
    gnutls_priority_t priorities = nullptr;
    require(gnutls_priority_init(&priorities, tls.priorities.c_str(), nullptr) == GNUTLS_E_SUCCESS);
    gnutls_priority_deinit(priorities);
}

/// What `web_config.h` promises of a checked configuration.
void check_config(const WebConfig& config) {
    if (config.tls) check_tls(*config.tls);
    for (const WebUser& user : config.users) {
        require(is_printable(user.name) && user.name.find(':') == std::string::npos);
        require(user.hash.size() == 60 && user.hash.starts_with("$2"));
    }
    for (const WebHeader& header : config.headers)
        require(is_printable(header.name) && is_printable(header.value));
}

void parse_config_file(std::string_view text) {
    const WebConfigOrFaults config = parse_web_config({"web.yml", std::string(text)});
    if (config)
        check_config(*config);
    else
        check_faults(config.error());
}

void parse_credentials(std::string_view text) {
    const auto credentials = parse_basic_auth(text);
    if (!credentials) return;
    require(credentials->user.find(':') == std::string::npos);
    require(credentials->user.size() + credentials->password.size() < text.size());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
    switch (data[0]) {
        case 'a':
            parse_credentials(text);
            break;
        case 'e':
            static_cast<void>(accepts_gzip(text));
            break;
        default:
            parse_config_file(text);
    }
    return 0;
}
