// SPDX-License-Identifier: Apache-2.0
#include "http/mhd_request.h"

#include <strings.h>

#include <new>
#include <utility>

#include "base/hex.h"

namespace vfswatchd {
namespace {

/// Every value of one header or argument, in the order of the request.
struct Values {
    std::string_view name;
    std::vector<std::string> found;
    bool lacks_memory = false;
};

MHD_Result append_value(void* context, MHD_ValueKind kind, const char* name, const char* value) {
    auto& values = *static_cast<Values*>(context);
    if (value == nullptr) return MHD_YES;
    const bool same =
        kind == MHD_HEADER_KIND ? ::strcasecmp(name, values.name.data()) == 0 : values.name == name;
    try {
        if (same) values.found.emplace_back(value);
    } catch (const std::bad_alloc&) {
        values.lacks_memory = true;
        return MHD_NO;
    }
    return MHD_YES;
}

}  // namespace

std::vector<std::string> values_of(MHD_Connection* connection, MHD_ValueKind kind,
                                   std::string_view name) {
    Values values{name, {}, false};
    MHD_get_connection_values(connection, kind, append_value, &values);
    if (values.lacks_memory) throw std::bad_alloc();
    return std::move(values.found);
}

std::string header_of(MHD_Connection* connection, std::string_view name) {
    std::string text;
    for (const std::string& value : values_of(connection, MHD_HEADER_KIND, name))
        text += (text.empty() ? "" : ",") + value;
    return text;
}

std::optional<BasicCredentials> credentials_of(MHD_Connection* connection) {
    const auto found = values_of(connection, MHD_HEADER_KIND, "Authorization");
    if (found.size() != 1) return std::nullopt;
    return parse_basic_auth(found.front());
}

std::size_t unescape(void* /*none*/, MHD_Connection* /*any*/, char* text) {
    char* end = text;
    for (const char* from = text; *from != '\0'; ++end) {
        const int high = *from == '%' ? hex_value(from[1]) : -1;
        const int low = high < 0 ? -1 : hex_value(from[2]);
        const bool escaped = low >= 0 && high + low > 0;
        *end = escaped ? static_cast<char>(high * 16 + low) : *from;
        from += escaped ? 3 : 1;
    }
    *end = '\0';
    return static_cast<std::size_t>(end - text);
}

}  // namespace vfswatchd
