// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gnutls/gnutls.h>

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "model/web_config.h"

namespace vfswatchd {

/// Certificate, key, authorities and rules of one moment, as they were read. A connection that
/// began with them keeps them, whatever the files hold later.
/// Thread: load() and the destructor anywhere; begin() on many threads at once.
class TlsContext {
  public:
    /// Reads the files that the settings name.
    /// Errors: a file that cannot be read or used, a key that others may read, a key of another
    /// certificate: names the file and the remedy.
    [[nodiscard]] static Result<std::shared_ptr<const TlsContext>> load(
        const TlsSettings& settings);

    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;
    ~TlsContext() = default;

    /// Is nobody let in but who shows a certificate of the authorities?
    [[nodiscard]] bool requires_verified_clients() const {
        return client_certificate_ == ClientCertificate::kRequireAndVerify;
    }

    /// Before the handshake. The context must live as long as the session.
    /// Errors: the session has no certificate, so that its handshake fails.
    [[nodiscard]] Result<void> begin(gnutls_session_t session) const;

  private:
    struct FreeCredentials {
        void operator()(gnutls_certificate_credentials_t credentials) const {
            gnutls_certificate_free_credentials(credentials);
        }
    };
    struct FreePriorities {
        void operator()(gnutls_priority_t priorities) const { gnutls_priority_deinit(priorities); }
    };
    template <typename Handle, typename Free>
    using Owned = std::unique_ptr<std::remove_pointer_t<Handle>, Free>;

    TlsContext() = default;
    [[nodiscard]] Result<void> take_key(const TlsSettings& settings);
    [[nodiscard]] Result<void> take_authorities(const std::string& file);
    [[nodiscard]] bool verifies() const;
    [[nodiscard]] bool accepts_name_of(const gnutls_datum_t& certificate) const;
    static int verify_client(gnutls_session_t session);

    Owned<gnutls_certificate_credentials_t, FreeCredentials> credentials_;
    Owned<gnutls_priority_t, FreePriorities> priorities_;
    ClientCertificate client_certificate_ = ClientCertificate::kNone;
    std::vector<std::string> client_names_;
};

}  // namespace vfswatchd
