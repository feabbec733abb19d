// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <span>
#include <string_view>

#include "config/keys.h"
#include "model/web_config.h"

namespace vfswatchd {

/// Every key of the web config file that works here. Others of the format are refused as unknown.
/// Source: docs/web-configuration.md of prometheus/exporter-toolkit.
[[nodiscard]] KeyTable web_config_keys();

struct ClientCertificateWord {
    std::string_view word;
    ClientCertificate meaning;
};
[[nodiscard]] std::span<const ClientCertificateWord> client_auth_words();

struct TlsVersionWord {
    std::string_view word;
    std::string_view priority;  ///< as GnuTLS names it
};
/// The oldest first. Older ones are not spoken.
[[nodiscard]] std::span<const TlsVersionWord> tls_version_words();

struct CurveWord {
    std::string_view word;
    std::string_view priority;
};
[[nodiscard]] std::span<const CurveWord> curve_words();

struct SuiteWord {
    std::string_view word;      ///< as the IANA names it
    std::string_view exchange;  ///< GnuTLS's name; empty: a suite of TLS 1.3, which leaves it open
    std::string_view cipher;    ///< GnuTLS's name
};
/// The best first.
[[nodiscard]] std::span<const SuiteWord> suite_words();

/// A password is tried with a bcrypt of this cost at most: 2^14 rounds take about a second.
inline constexpr int kMaxBcryptCost = 14;

}  // namespace vfswatchd
