// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <string>
#include <vector>

namespace vfswatchd {

/// What a client's certificate has to do with its being served.
enum class ClientCertificate {
    kNone,              ///< none is asked for
    kRequest,           ///< asked for, not looked at
    kRequireAny,        ///< there must be one, of whomever
    kVerifyIfGiven,     ///< one that is given must be of the authority
    kRequireAndVerify,  ///< there must be one, of the authority
};

struct TlsSettings {
    std::string cert_file;
    std::string key_file;
    ClientCertificate client_certificate = ClientCertificate::kNone;
    std::string client_ca_file;             ///< empty: no certificate of a client is verified
    std::vector<std::string> client_names;  ///< subjectAltNames, one of them; empty: any
    std::string priorities;                 ///< versions, suites and curves as GnuTLS writes them
};

struct WebUser {
    std::string name;
    std::string hash;  ///< of the password, by bcrypt, as crypt(5) has it
};

struct WebHeader {
    std::string name;
    std::string value;
};

/// Who may ask the endpoint, and how it is kept from others' eyes. All empty: everybody, in plain
/// HTTP.
struct WebConfig {
    std::optional<TlsSettings> tls;
    std::vector<WebUser> users;      ///< empty: everybody
    std::vector<WebHeader> headers;  ///< of every reply
};

}  // namespace vfswatchd
