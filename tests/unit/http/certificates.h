// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gnutls/x509.h>

#include <memory>
#include <string>
#include <type_traits>
#include <vector>

namespace vfswatchd {

enum class KeyKind { kEcdsa, kRsa };

/// A certificate and its key, in PEM.
struct Identity {
    std::string certificate;
    std::string key;
};

/// Whom a certificate is for.
struct Subject {
    std::string name;
    std::vector<std::string> dns_names = {};
    std::vector<std::string> ip_addresses = {};
    std::vector<std::string> emails = {};
    bool is_client = false;
    bool has_expired = false;
    KeyKind key = KeyKind::kEcdsa;
};

/// A certificate authority of one test. Errors: throws.
class Authority {
  public:
    explicit Authority(const std::string& name);

    /// In PEM.
    [[nodiscard]] const std::string& certificate() const { return certificate_; }
    [[nodiscard]] Identity issue(const Subject& subject) const;

  private:
    struct FreeCertificate {
        void operator()(gnutls_x509_crt_t certificate) const {
            gnutls_x509_crt_deinit(certificate);
        }
    };
    struct FreeKey {
        void operator()(gnutls_x509_privkey_t key) const { gnutls_x509_privkey_deinit(key); }
    };
    using CertificatePtr =
        std::unique_ptr<std::remove_pointer_t<gnutls_x509_crt_t>, FreeCertificate>;
    using KeyPtr = std::unique_ptr<std::remove_pointer_t<gnutls_x509_privkey_t>, FreeKey>;

    static KeyPtr new_key(KeyKind kind);
    static CertificatePtr new_certificate(const std::string& name, gnutls_x509_privkey_t key,
                                          bool has_expired);

    KeyPtr key_;
    CertificatePtr self_;
    std::string certificate_;
};

}  // namespace vfswatchd
