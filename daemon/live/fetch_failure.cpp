// SPDX-License-Identifier: Apache-2.0
#include "live/fetch_failure.h"

#include <cerrno>
#include <system_error>

namespace vfswatchd {
namespace {

std::string of_status(const FetchOutcome& outcome) {
    const std::string said = "HTTP status " + std::to_string(outcome.status) +
                             (outcome.detail.empty() ? "" : ", `" + outcome.detail + "`");
    switch (outcome.status) {
        case 400:
            return said + "; the page at / of the endpoint lists its targets";
        case 401:
            return said +
                   "; name one of basic_auth_users with --user, and the file of his password with "
                   "--password-file";
        case 404:
            return said + "; expected a URL that ends in /metrics";
        case 503:
            return said + "; try again in a moment: systemctl status vfswatchd says what it does";
        default:
            return said + "; is this vfswatchd's endpoint?";
    }
}

std::string of_connection(const FetchOutcome& outcome) {
    const auto number = static_cast<int>(outcome.system_errno);
    const std::string why = number == 0 ? outcome.detail : std::generic_category().message(number);
    if (number == EACCES || number == EPERM)
        return why + "; ask as root, or as a member of the socket's group";
    return why +
           "; no endpoint is there: systemctl start vfswatchd, or name another one with --url";
}

/// A server that wants a certificate or speaks TLS just hangs up on who does neither.
std::string of_hanging_up(const FetchOutcome& outcome) {
    if (!outcome.tls) return outcome.detail + "; does the endpoint speak https?";
    if (!outcome.with_certificate)
        return outcome.detail +
               "; does the endpoint speak https, and want a client's certificate (--cert, --key)?";
    return outcome.detail + "; does the endpoint take this client's certificate?";
}

std::string of_code(const FetchOutcome& outcome) {
    switch (outcome.code) {
        case CURLE_COULDNT_CONNECT:
            return of_connection(outcome);
        case CURLE_COULDNT_RESOLVE_HOST:
            return outcome.detail + "; check --url";
        case CURLE_OPERATION_TIMEDOUT:
            return outcome.detail + "; journalctl -u vfswatchd says what vfswatchd does";
        case CURLE_PEER_FAILED_VERIFICATION:
            return outcome.detail + "; name the authority that signed it with --cacert";
        case CURLE_SSL_CACERT_BADFILE:
            return outcome.detail + "; check --cacert";
        case CURLE_SSL_CERTPROBLEM:
            return outcome.detail + "; check --cert and --key";
        case CURLE_SSL_CONNECT_ERROR:
        case CURLE_GOT_NOTHING:
        case CURLE_RECV_ERROR:
        case CURLE_SEND_ERROR:
        case CURLE_UNSUPPORTED_PROTOCOL:
        case CURLE_WEIRD_SERVER_REPLY:
            return of_hanging_up(outcome);
        default:
            return outcome.detail;
    }
}

}  // namespace

Error describe_failure(const std::string& endpoint, const FetchOutcome& outcome) {
    const bool refused = outcome.code == CURLE_COULDNT_CONNECT && outcome.system_errno == EACCES;
    // The code's own message is in the text already.
    const std::string text = outcome.code == CURLE_OK ? of_status(outcome) : of_code(outcome);
    Error error = plain_error(endpoint + ": " + text);
    if (refused) error.code = std::make_error_code(std::errc::permission_denied);
    return error;
}

}  // namespace vfswatchd
