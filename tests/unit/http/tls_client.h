// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gnutls/gnutls.h>

#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "certificates.h"
#include "client.h"

namespace vfswatchd {

struct TlsClientOptions {
    std::string authority = {};  ///< PEM, that the server's certificate must be of; empty: any
    std::optional<Identity> identity = {};
    std::string priorities = "NORMAL";
    int receive_buffer_bytes = 0;
};

/// A client that speaks TLS. The handshake is done when it is made, or has failed.
class TlsClient : public RawClient {
  public:
    explicit TlsClient(const HttpAddress& address, const TlsClientOptions& options = {});

    /// In TLS 1.3 the server may still refuse the client's certificate.
    [[nodiscard]] bool shook_hands() const { return code_ == GNUTLS_E_SUCCESS; }
    /// Why it did not, or of what the server sent last.
    [[nodiscard]] std::string error() const { return gnutls_strerror(code_); }
    [[nodiscard]] gnutls_protocol_t version() const;
    /// `(TLS1.3)-(ECDHE-X25519)-(ECDSA-SECP256R1-SHA256)-(AES-256-GCM)`
    [[nodiscard]] std::string suite() const;
    /// The server's own certificate, in DER.
    [[nodiscard]] std::string peer() const;

    bool send(const std::string& text) override;

  protected:
    bool receive_some(std::string& into) override;

  private:
    struct FreeCredentials {
        void operator()(gnutls_certificate_credentials_t credentials) const {
            gnutls_certificate_free_credentials(credentials);
        }
    };
    struct EndSession {
        void operator()(gnutls_session_t session) const { gnutls_deinit(session); }
    };

    void prepare(const TlsClientOptions& options);

    std::unique_ptr<std::remove_pointer_t<gnutls_certificate_credentials_t>, FreeCredentials>
        credentials_;
    std::unique_ptr<std::remove_pointer_t<gnutls_session_t>, EndSession> session_;
    int code_ = GNUTLS_E_INTERNAL_ERROR;
};

/// One request on a connection of its own; status 0: there was no answer.
Answer ask(const HttpAddress& address, const TlsClientOptions& options, const std::string& method,
           const std::string& target, const std::string& headers = "");

}  // namespace vfswatchd
