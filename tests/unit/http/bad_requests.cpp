// SPDX-License-Identifier: Apache-2.0
#include "bad_requests.h"

#include <cstddef>
#include <utility>

namespace vfswatchd {
namespace {

using namespace std::string_literals;
using Requests = std::vector<BadRequest>;

std::string host() {
    return "Host: t\r\n";
}

std::string end() {
    return "\r\n";
}

std::string get(const std::string& target) {
    return "GET " + target + " HTTP/1.1\r\n" + host() + end();
}

std::string with_headers(const std::string& headers) {
    return "GET /healthz HTTP/1.1\r\n" + host() + headers + end();
}

std::string post(const std::string& headers, const std::string& body) {
    return "POST /metrics HTTP/1.1\r\n" + host() + headers + end() + body;
}

std::string repeated(const std::string& text, std::size_t times) {
    std::string all;
    all.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i)
        all += text;
    return all;
}

void add_request_lines(Requests& requests) {
    for (const std::string& method : {"POST"s,
                                      "PUT"s,
                                      "DELETE"s,
                                      "PATCH"s,
                                      "OPTIONS"s,
                                      "TRACE"s,
                                      "CONNECT"s,
                                      "PRI"s,
                                      "get"s,
                                      "Get"s,
                                      "GETT"s,
                                      "G"s,
                                      "G\0T"s,
                                      "GET\t"s,
                                      "\x80GET"s,
                                      "G(T"s,
                                      "{}"s,
                                      "\"GET\""s,
                                      std::string(40'000, 'M'),
                                      std::string(200'000, 'M')})
        requests.push_back(
            {"method " + method.substr(0, 20), method + " /metrics HTTP/1.1\r\n" + host() + end()});
    for (const std::string& version :
         {"HTTP/0.9"s, "HTTP/2.0"s, "HTTP/3"s, "HTTP/9.9"s, "HTTP/1.1.1"s, "HTTP/11"s, "HTTP/-1.1"s,
          "HTTP/1.x"s, "http/1.1"s, "HTTP"s, "HTTP/"s, "HTTPS/1.1"s, "ICY/1.0"s, "HTTP/1.1 x"s,
          "HTTP/1.1\0"s, "HTTP/99999999999.1"s, std::string(50'000, '1')})
        requests.push_back({"version " + version.substr(0, 20),
                            "GET /nowhere " + version + "\r\n" + host() + end()});
    for (const std::string& line :
         {"GET"s, "GET "s, "GET /"s, "GET  HTTP/1.1"s, "GET / / HTTP/1.1"s,
          " GET /nowhere HTTP/1.1"s, "/nowhere"s, "HTTP/1.1 200 OK"s, "\t"s,
          "GET\t/nowhere\tHTTP/1.1"s, "GET\0/nowhere\0HTTP/1.1"s, "GET,/nowhere,HTTP/1.1"s,
          "PRI * HTTP/2.0"s, "\r\r\r"s, "\xff\xfe\xfd"s, std::string(100, ' ')})
        requests.push_back({"line " + line.substr(0, 30), line + "\r\n" + host() + end(), true});
}

void add_targets(Requests& requests) {
    for (const std::string& target : {"*"s,
                                      "nowhere"s,
                                      "http://t/nowhere"s,
                                      "http://other.example/metricsx"s,
                                      "https://t/x"s,
                                      "//t/metrics"s,
                                      "/metrics/../nowhere"s,
                                      "/./metrics"s,
                                      "/..//../../etc/passwd"s,
                                      "/%2e%2e/%2e%2e/etc/passwd"s,
                                      "/metrics/"s,
                                      "/METRICS"s,
                                      "/metrics%00"s,
                                      "/%00"s,
                                      "/%00metrics"s,
                                      "/metrics%"s,
                                      "/metrics%2"s,
                                      "/metrics%zz"s,
                                      "/%%%%"s,
                                      "/%u0041"s,
                                      "/metrics\0x"s,
                                      "/\0"s,
                                      "/\x01\x02\x03"s,
                                      "/\x7f"s,
                                      "/\xc3\xa9"s,
                                      "/\xff\xfe"s,
                                      "/%ff%fe"s,
                                      "/metrics;x=y"s,
                                      "/metrics#x"s,
                                      "/metrics\\"s,
                                      "/-/reload"s,
                                      "/-/quit"s,
                                      "/debug/pprof/"s,
                                      "/?\0"s + "x"s,
                                      "t:80"s,
                                      "/metricsHTTP/1.1"s,
                                      "/" + std::string(30'000, 'a'),
                                      "/" + std::string(300'000, 'a'),
                                      "/" + repeated("a/", 20'000),
                                      "/" + repeated("%41", 15'000),
                                      "/" + repeated("../", 10'000)})
        // A NUL as such ends a target, for libmicrohttpd.
        requests.push_back({"target " + target.substr(0, 30), get(target),
                            target.find('\0') != std::string::npos});
    for (const std::string& query :
         {"target[]=%00"s, "target[]=\0"s, "target[]=%"s, "target[]=%4"s, "target[]=%zz"s,
          "target[]"s, "target[]="s, "target[]&target[]"s, "target[]=web&target[]="s,
          "target[]=" + std::string(30'000, 'w'), repeated("target[]=x&", 3'000),
          "target[]=web%0d%0aX: y"s, "target[]=web\"><script>"s})
        requests.push_back({"query " + query.substr(0, 30), get("/metrics?" + query),
                            query == "target[]"s || query == "target[]&target[]"s});
    for (const std::string& query :
         {"&&&&"s, "="s, "=&="s, "?????"s, "target"s, "target[=x"s, "%"s, "%5"s, "%00=%00"s,
          repeated("a=b&", 10'000), repeated("&", 30'000), repeated("%5B", 10'000)})
        requests.push_back({"other query " + query.substr(0, 30), get("/metrics?" + query), true});
}

void add_lengths(Requests& requests) {
    for (const std::string& length :
         {"-1"s, "-0"s, "+5"s, "0x5"s, "5 5"s, "5,5"s, "5, 6"s, " "s, ""s, "five"s, "5.0"s, "1e3"s,
          "18446744073709551615"s, "18446744073709551616"s, "99999999999999999999999999"s,
          "9223372036854775808"s, "\x35\x00"s, "5;x"s, "\xc2\xb2"s})
        for (const char* method : {"GET", "POST"})
            requests.push_back({std::string(method) + " length " + length,
                                std::string(method) + " /metricsx HTTP/1.1\r\n" + host() +
                                    "Content-Length: " + length + "\r\n\r\nhello"});
    const std::string next = "GET /healthz HTTP/1.1\r\nHost: smuggled\r\n\r\n";
    requests.push_back(
        {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello!")});
    requests.push_back(
        {"same length twice", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello")});
    requests.push_back(
        {"length and chunks",
         post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n" + next)});
    requests.push_back(
        {"chunks and length",
         post("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n", "0\r\n\r\n" + next)});
    requests.push_back(
        {"length with a space before its colon", post("Content-Length : 5\r\n", "hello")});
    for (const std::string& coding :
         {"chunked, chunked"s, "gzip, chunked"s, "chunked, gzip"s, "xchunked"s, "chunkedx"s,
          "\vchunked"s, "identity"s, "CHUNKED"s, "\"chunked\""s, "chunked\0"s, ""s, "deflate"s})
        requests.push_back({"coding " + coding, post("Transfer-Encoding: " + coding + "\r\n",
                                                     "5\r\nhello\r\n0\r\n\r\n")});
    requests.push_back(
        {"coding with a space", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n")});
    requests.push_back({"coding folded", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n")});
    requests.push_back(
        {"coding twice",
         post("Transfer-Encoding: chunked\r\nTransfer-Encoding: x\r\n", "0\r\n\r\n")});
}

void add_chunks(Requests& requests) {
    const std::string head =
        "GET /healthz HTTP/1.1\r\n" + host() + "Transfer-Encoding: chunked\r\n\r\n";
    for (const std::string& chunks :
         {"-1\r\nx\r\n0\r\n\r\n"s, "ffffffffffffffffff\r\nx\r\n"s, "7fffffffffffffff\r\nx\r\n"s,
          "ffffffffffffffff\r\nx\r\n"s, "g\r\n"s, "0x5\r\nhello\r\n0\r\n\r\n"s,
          " 5\r\nhello\r\n0\r\n\r\n"s, "5\nhello\n0\n\n"s, "5hello\r\n"s, "5\r\nhello!0\r\n\r\n"s,
          "5\r\nhelloXX0\r\n\r\n"s, "5;\r\nhello\r\n0\r\n\r\n"s,
          "5;" + std::string(100'000, 'x') + "\r\nhello\r\n0\r\n\r\n", "\r\n\r\n"s, "\0"s,
          "0\r\nX: y\r\n"s, "0\r\n" + repeated("X: y\r\n", 20'000) + "\r\n",
          std::string(100'000, '0') + "\r\n\r\n", repeated("1\r\nx\r\n", 5'000) + "0\r\n\r\n"})
        requests.push_back({"chunk " + chunks.substr(0, 20), head + chunks, true});
}

void add_headers(Requests& requests) {
    for (const std::string& headers :
         {"no colon\r\n"s,
          ": no name\r\n"s,
          " : x\r\n"s,
          "X : y\r\n"s,
          "X\0Y: z\r\n"s,
          "X: y\0z\r\n"s,
          "X: y\rz\r\n"s,
          "X: y\nZ: w\r\n"s,
          "X:\r\n folded\r\n"s,
          " begins folded\r\n"s,
          "X: \x01\x02\r\n"s,
          "X: \xff\r\n"s,
          "\xff: x\r\n"s,
          "X(: y\r\n"s,
          "X:y:z\r\n"s,
          "\r: x\r\n"s,
          "\t\r\n"s,
          "Host: other\r\n"s,
          "Host:\r\n"s,
          "Expect: 200-nothing\r\n"s,
          "Expect: 100-continue\r\n"s,
          "Upgrade: h2c\r\nConnection: Upgrade, HTTP2-Settings\r\nHTTP2-Settings: AAAA\r\n"s,
          "Upgrade: websocket\r\nConnection: Upgrade\r\n"s,
          "Connection: close, keep-alive\r\n"s,
          "Range: bytes=0-0,0-0\r\n"s,
          "Accept-Encoding: " + repeated("gzip;q=0.1,", 3'000) + "\r\n",
          "Authorization: Basic " + std::string(40'000, '=') + "\r\n",
          "Cookie: " + std::string(40'000, ';') + "\r\n",
          "X: " + std::string(1 << 20, 'x') + "\r\n",
          std::string(1 << 20, 'x') + ": y\r\n",
          repeated("X: y\r\n", 10'000),
          repeated("X:\r\n", 10'000),
          repeated("X: y\r\n z\r\n", 5'000),
          repeated("\n", 10'000)})
        requests.push_back({"header " + headers.substr(0, 20), with_headers(headers), true});
    requests.push_back({"no host", "GET /nowhere HTTP/1.1\r\n\r\n"});
    requests.push_back({"bare line feeds", "GET /nowhere HTTP/1.1\nHost: t\n\n"});
    requests.push_back({"bare returns", "GET /nowhere HTTP/1.1\rHost: t\r\r"});
    requests.push_back({"line feed first", "\nGET /nowhere HTTP/1.1\r\n" + host() + end()});
}

void add_streams(Requests& requests) {
    const std::string good = get("/healthz");
    requests.push_back({"nothing", ""});
    requests.push_back({"a NUL", "\0"s});
    requests.push_back({"NULs", std::string(100'000, '\0')});
    requests.push_back({"empty lines", repeated("\r\n", 50'000)});
    requests.push_back({"line feeds", std::string(100'000, '\n')});
    requests.push_back({"a letter over and over", std::string(300'000, 'G')});
    requests.push_back({"a client hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"s});
    requests.push_back({"an SSH client", "SSH-2.0-OpenSSH_9.2\r\n"});
    requests.push_back({"an HTTP/2 client", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\4\0\0\0\0\0"s});
    requests.push_back({"a PROXY line", "PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n" + good});
    requests.push_back({"rubbish behind a request", good + "rubbish\r\n\r\n" + good, true});
    requests.push_back({"NULs behind a request", good + std::string(5'000, '\0'), true});
    requests.push_back({"many requests", repeated(good, 2'000), true});
    requests.push_back(
        {"bodies between requests",
         repeated("GET /healthz HTTP/1.1\r\nHost: t\r\nContent-Length: 3\r\n\r\nabc", 500), true});
    requests.push_back(
        {"a close in the middle",
         good + "GET /healthz HTTP/1.1\r\nHost: t\r\nConnection: close\r\n\r\n" + good, true});
    for (std::size_t cut = 1; cut < good.size(); cut += 7)
        requests.push_back({"a request cut at " + std::to_string(cut), good.substr(0, cut)});
}

}  // namespace

std::vector<BadRequest> bad_requests() {
    Requests requests;
    add_request_lines(requests);
    add_targets(requests);
    add_lengths(requests);
    add_chunks(requests);
    add_headers(requests);
    add_streams(requests);
    return requests;
}

}  // namespace vfswatchd
