// SPDX-License-Identifier: Apache-2.0
#include "http/mhd_response.h"

#include <strings.h>

#include <algorithm>
#include <cstdint>
#include <exception>
#include <utility>

namespace vfswatchd {
namespace {

/// A stream on its way, owned by its MHD_Response.
struct StreamInFlight {
    std::unique_ptr<BodySource> source;
    const Router& router;
};

ssize_t read_stream(void* context, std::uint64_t, char* buffer, std::size_t capacity) {
    auto& stream = *static_cast<StreamInFlight*>(context);
    try {
        const std::size_t got = stream.source->read(buffer, capacity);
        return got == 0 ? MHD_CONTENT_READER_END_OF_STREAM : static_cast<ssize_t>(got);
    } catch (const std::exception& error) {
        stream.router.report("page broken off", error.what());
    } catch (...) {
        stream.router.report("page broken off", "unknown exception");
    }
    return MHD_CONTENT_READER_END_WITH_ERROR;
}

void free_stream(void* context) {
    std::unique_ptr<StreamInFlight> freed(static_cast<StreamInFlight*>(context));
}

ResponsePtr body_response(HttpReply& reply, const Router& router, std::size_t block_bytes) {
    if (!reply.stream) {
        return ResponsePtr(MHD_create_response_from_buffer(reply.body.size(), reply.body.data(),
                                                           MHD_RESPMEM_MUST_COPY));
    }
    auto stream = std::make_unique<StreamInFlight>(StreamInFlight{std::move(reply.stream), router});
    ResponsePtr response(MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, block_bytes,
                                                           read_stream, stream.get(), free_stream));
    if (response) static_cast<void>(stream.release());
    return response;
}

void add_headers(MHD_Response* response, const HttpReply& reply,
                 const std::vector<WebHeader>& headers) {
    for (const auto& [name, value] : reply.headers) {
        const bool replaced =
            std::any_of(headers.begin(), headers.end(), [name = name](const WebHeader& other) {
                return ::strcasecmp(other.name.c_str(), name) == 0;
            });
        if (!replaced) MHD_add_response_header(response, name, value);
    }
    for (const WebHeader& header : headers)
        MHD_add_response_header(response, header.name.c_str(), header.value.c_str());
}

}  // namespace

ResponsePtr make_response(HttpReply reply, const std::vector<WebHeader>& headers,
                          const Router& router, std::size_t block_bytes, bool head) {
    const bool streamed = reply.stream != nullptr;
    ResponsePtr response = body_response(reply, router, block_bytes);
    if (!response) return nullptr;
    if (streamed && head) {
        // libmicrohttpd 0.9.75 ends the chunked body that a HEAD does not have; unchunked, the
        // answer ends with the connection.
        MHD_set_response_options(response.get(), MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    }
    add_headers(response.get(), reply, headers);
    return response;
}

}  // namespace vfswatchd
