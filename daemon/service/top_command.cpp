// SPDX-License-Identifier: Apache-2.0
#include "service/top_command.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/read_file.h"
#include "base/terminal_text.h"

namespace vfswatchd {
namespace {

enum FlagId : int {
    kUrl,
    kTarget,
    kPath,
    kBy,
    kSort,
    kRows,
    kInterval,
    kOnce,
    kJson,
    kCaCert,
    kCert,
    kKey,
    kUser,
    kPasswordFile,
};

constexpr const char* kPasswordVariable = "VFSWATCHCTL_PASSWORD";
constexpr const char* kDefaultUrl = "http://127.0.0.1:9974/metrics";

constexpr std::array kFlags = std::to_array<FlagSpec>({
    {kUrl, "url", "URL",
     "the endpoint: http://HOST:PORT/metrics, https://..., or\n"
     "unix:/PATH of its socket (default http://127.0.0.1:9974/metrics)"},
    {kTarget, "target", "TARGET", "ask for this target only; may be repeated", 't'},
    {kPath, "path", "PATTERN",
     "files with this in their path; with *, ? or [...] the pattern is\n"
     "for the whole path, and * crosses directories"},
    {kBy, "by", "WHAT",
     "a row for each file (the default), series, target, or value of a\n"
     "label: comm, pid, uid, unit, cgroup, container, pod, call, path ..."},
    {kSort, "sort", "KEY", "bytes (the default), calls, size, errors or path"},
    {kRows, "rows", "N", "at most so many rows (default: what fits; elsewhere 20)", 'n'},
    {kInterval, "interval", "SECONDS", "from one scrape to the next, 0.5 to 60 (default 2)", 'i'},
    {kOnce, "once", nullptr, "one table, after one interval"},
    {kJson, "json", nullptr, "for machines: an object a line"},
    {kCaCert, "cacert", "FILE", "authority that signed the endpoint's certificate"},
    {kCert, "cert", "FILE", "certificate to show to the endpoint"},
    {kKey, "key", "FILE", "its private key"},
    {kUser, "user", "NAME", "of basic_auth_users"},
    {kPasswordFile, "password-file", "FILE",
     "has the user's password on its first line\n(default: the environment's "
     "VFSWATCHCTL_PASSWORD)"},
    kHelpFlag,
});

struct Given {
    TopSettings settings;
    std::string url = kDefaultUrl;
    std::vector<std::string> targets;
    std::string password_file;
};

tl::unexpected<Error> wrong(const std::string& text, const std::string& expected) {
    return fail(plain_error("found `" + text + "`, expected " + expected));
}

Result<void> set_text(const std::string& text, const char* expected, std::string& to) {
    if (text.empty()) return fail(plain_error(std::string("found nothing, expected ") + expected));
    to = text;
    return {};
}

Result<void> set_rows(const std::string& text, TopSettings& settings) {
    std::size_t rows = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, rows);
    if (read.ec != std::errc() || read.ptr != end || rows == 0)
        return wrong(text, "a number of rows, 1 or more");
    settings.rows = rows;
    return {};
}

Result<void> set_interval(const std::string& text, TopSettings& settings) {
    constexpr double kLeast = 0.5;
    constexpr double kMost = 60;
    double seconds = 0;
    const char* end = text.data() + text.size();
    const auto read = std::from_chars(text.data(), end, seconds, std::chars_format::fixed);
    const bool number = read.ec == std::errc() && read.ptr == end;
    if (!number || !(seconds >= kLeast && seconds <= kMost))
        return wrong(text, "seconds, 0.5 to 60");
    settings.interval = std::chrono::milliseconds(static_cast<int>(seconds * 1000));
    return {};
}

bool is_label_name(std::string_view text) {
    constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    constexpr std::string_view kDigits = "0123456789";
    return !text.empty() && kLetters.find(text.front()) != std::string_view::npos &&
           std::all_of(text.begin(), text.end(), [&](char c) {
               return (std::string(kLetters) + std::string(kDigits)).find(c) != std::string::npos;
           });
}

Result<void> set_grouping(const std::string& text, TopSettings& settings) {
    if (text == "file")
        settings.by = {RowKind::kFile, ""};
    else if (text == "series")
        settings.by = {RowKind::kSeries, ""};
    else if (text == "target")
        settings.by = {RowKind::kTarget, ""};
    else if (is_label_name(text))
        settings.by = {RowKind::kLabel, text};
    else
        return wrong(text, "file, series, target, or a label's name");
    return {};
}

Result<void> set_sort(const std::string& text, TopSettings& settings) {
    const auto key = sort_key_of(text);
    if (!key) return wrong(text, "bytes, calls, size, errors or path");
    settings.sort = *key;
    return {};
}

Result<void> set_flag(const GivenFlag& flag, Given& given) {
    TopSettings& settings = given.settings;
    const std::string& text = flag.argument;
    switch (flag.id) {
        case kUrl:
            return set_text(text, "an endpoint", given.url);
        case kTarget:
            given.targets.emplace_back();
            return set_text(text, "a target's name", given.targets.back());
        case kPath:
            return set_text(text, "a part of a path, or a pattern", settings.path);
        case kBy:
            return set_grouping(text, settings);
        case kSort:
            return set_sort(text, settings);
        case kRows:
            return set_rows(text, settings);
        case kInterval:
            return set_interval(text, settings);
        case kCaCert:
            return set_text(text, "a file", settings.fetch.ca_file);
        case kCert:
            return set_text(text, "a file", settings.fetch.certificate_file);
        case kKey:
            return set_text(text, "a file", settings.fetch.key_file);
        case kUser:
            return set_text(text, "a user's name", settings.fetch.user);
        case kPasswordFile:
            return set_text(text, "a file", given.password_file);
        case kOnce:
            settings.once = true;
            return {};
        case kJson:
            settings.json = true;
            return {};
        default:
            return {};
    }
}

Result<std::string> read_password(const std::string& file) {
    constexpr std::size_t kMostBytes = 4096;
    const auto read = read_file(file, kMostBytes);
    if (!read) return fail(read.error().within(file));
    std::string password = read->text.substr(0, read->text.find_first_of("\r\n"));
    if (password.empty() || read->text.size() > kMostBytes)
        return fail(plain_error(file + ": expected a password on the first line"));
    return password;
}

Result<void> set_password(const Given& given, FetchSettings& fetch) {
    if (!given.password_file.empty()) {
        auto password = read_password(given.password_file);
        if (!password) return fail(password.error().within("--password-file"));
        fetch.password = std::move(*password);
    } else if (const char* password = std::getenv(kPasswordVariable)) {
        fetch.password = password;
    }
    if (fetch.user.empty() && !given.password_file.empty())
        return fail(plain_error("--password-file needs --user"));
    if (!fetch.user.empty() && fetch.password.empty())
        return fail(
            plain_error("--user needs --password-file, or the password in the "
                        "environment's " +
                        std::string(kPasswordVariable)));
    // Of another program's user: nobody asked for it to be sent.
    if (fetch.user.empty()) fetch.password.clear();
    return {};
}

/// curl says of a file that is not there that it is bad.
Result<void> check_file(const char* flag, const std::string& file) {
    if (file.empty() || ::access(file.c_str(), R_OK) == 0) return {};
    return fail(errno_error(errno, std::string(flag) + ": " + file));
}

Result<void> check_tls(const FetchSettings& fetch) {
    const bool any =
        !fetch.ca_file.empty() || !fetch.certificate_file.empty() || !fetch.key_file.empty();
    if (any && !fetch.endpoint.tls)
        return fail(plain_error("--cacert, --cert and --key need an --url of https"));
    if (fetch.certificate_file.empty() && !fetch.key_file.empty())
        return fail(plain_error("--key needs --cert"));
    Result<void> there = check_file("--cacert", fetch.ca_file);
    if (there) there = check_file("--cert", fetch.certificate_file);
    if (there) there = check_file("--key", fetch.key_file);
    return there;
}

ExitCode complain(const Error& error) {
    std::fprintf(stderr, "vfswatchctl: %s\n", terminal_text(error.message()).c_str());
    return error.code == std::errc::permission_denied ? ExitCode::kPermission
                                                      : ExitCode::kUnavailable;
}

}  // namespace

std::span<const FlagSpec> top_flags() {
    return kFlags;
}

Result<TopSettings> top_settings(const std::vector<GivenFlag>& flags) {
    Given given;
    for (const GivenFlag& flag : flags) {
        const auto set = set_flag(flag, given);
        if (!set) return fail(set.error().within(flag.name));
    }
    auto endpoint = parse_endpoint_url(given.url, given.targets);
    if (!endpoint) return fail(endpoint.error().within("--url"));
    FetchSettings& fetch = given.settings.fetch;
    fetch.endpoint = std::move(*endpoint);
    Result<void> good = set_password(given, fetch);
    if (good) good = check_tls(fetch);
    if (!good) return fail(good.error());
    return std::move(given.settings);
}

ExitCode top(const TopSettings& settings) {
    const auto shown = show_top(settings);
    return shown ? ExitCode::kOk : complain(shown.error());
}

}  // namespace vfswatchd
