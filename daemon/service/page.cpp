// SPDX-License-Identifier: Apache-2.0
#include "service/page.h"

namespace vfswatchd {
namespace {

constexpr const char* kHead =
    "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
    "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
    "<title>vfswatchd</title>\n<style>\n"
    "body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem;"
    "color:#222}\n"
    "table{border-collapse:collapse;width:100%;margin:1rem 0}\n"
    "th,td{text-align:left;padding:.4rem .6rem;border-bottom:1px solid #ddd;"
    "overflow-wrap:anywhere}\n"
    "code{background:#f4f4f4;padding:.1rem .3rem}\n"
    "</style>\n</head>\n<body>\n";

std::string escaped(const std::string& text) {
    std::string out;
    for (const char c : text)
        switch (c) {
            case '&':
                out += "&amp;";
                break;
            case '<':
                out += "&lt;";
                break;
            case '>':
                out += "&gt;";
                break;
            case '"':
                out += "&quot;";
                break;
            default:
                out += c;
        }
    return out;
}

std::string row(const std::string& first, const std::string& second, const std::string& third) {
    return "<tr><td>" + escaped(first) + "</td><td>" + escaped(second) + "</td><td>" +
           escaped(third) + "</td></tr>\n";
}

std::string or_every(const std::string& text, const char* every) {
    return text.empty() ? every : text;
}

}  // namespace

std::string render_page(const std::vector<Target>& targets,
                        const std::vector<AttachedProbe>& probes) {
    std::string page = kHead;
    page += "<h1>vfswatchd " VFSWATCHD_VERSION
            "</h1>\n"
            "<p>Exact per-file read metrics. <a href=\"/metrics\">Metrics</a>, "
            "<a href=\"/healthz\">health</a>, <a href=\"/readyz\">readiness</a>.</p>\n"
            "<h2>Targets</h2>\n<table>\n"
            "<tr><th>target</th><th>processes</th><th>paths</th></tr>\n";
    for (const Target& target : targets)
        page += row(target.name, or_every(target.processes, "every process"),
                    or_every(target.paths, "every file"));
    page +=
        "</table>\n<h2>Probes</h2>\n<table>\n"
        "<tr><th>role</th><th>function</th><th>method</th></tr>\n";
    for (const AttachedProbe& probe : probes)
        if (probe.attached)
            page += row(role_name(probe.role), probe.function, std::string(probe.method));
    if (probes.empty()) page += row("starting", "", "");
    return page + "</table>\n</body>\n</html>\n";
}

}  // namespace vfswatchd
