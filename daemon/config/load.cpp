// SPDX-License-Identifier: Apache-2.0
#include "config/load.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/read_file.h"
#include "base/result.h"
#include "config/yaml_tree.h"

namespace vfswatchd {
namespace {

namespace fs = std::filesystem;

std::string remedy(const std::error_code& code) {
    if (code == std::errc::no_such_file_or_directory) {
        return "; create it, or name another one";
    }
    if (code == std::errc::permission_denied) {
        return "; let the user that runs vfswatchd read it (as a service that is the user "
               "vfswatchd), and enter its directories";
    }
    if (code == std::errc::is_a_directory) return "; name the file in it";
    return {};
}

ConfigFault unreadable(const std::string& file, const std::string& what,
                       const std::error_code& code) {
    return {{file, 0, 0}, what + remedy(code)};
}

bool has_suffix(std::string_view name, std::string_view suffix) {
    return name.size() >= suffix.size() && name.substr(name.size() - suffix.size()) == suffix;
}

/// Editors leave hidden files beside those they edit: they are none of ours.
bool is_drop_in(const fs::path& file, std::vector<ConfigFault>& faults) {
    const std::string name = file.filename().string();
    if (name.front() == '.') return false;
    if (has_suffix(name, ".yml")) {
        faults.push_back({{file.string(), 0, 0},
                          "found a name that ends in .yml, expected .yaml; rename the file"});
    }
    return has_suffix(name, ".yaml");
}

std::vector<std::string> drop_in_files(const fs::path& directory,
                                       std::vector<ConfigFault>& faults) {
    std::vector<std::string> files;
    std::error_code code;
    for (fs::directory_iterator entry(directory, code), end; !code && entry != end;
         entry.increment(code)) {
        if (is_drop_in(entry->path(), faults)) files.push_back(entry->path().string());
    }
    if (code && code != std::errc::no_such_file_or_directory) {
        faults.push_back(unreadable(directory.string(), "cannot list: " + code.message(), code));
    }
    std::sort(files.begin(), files.end());
    return files;
}

}  // namespace

ConfigOrFaults load_config(const std::string& main_file) {
    std::vector<ConfigFault> faults;
    std::vector<ConfigText> texts;
    std::vector<std::string> files = {main_file};
    const fs::path directory = fs::path(main_file).parent_path() / "conf.d";
    for (std::string& file : drop_in_files(directory, faults))
        files.push_back(std::move(file));
    for (const std::string& file : files) {
        Result<FileText> text = read_file(file, kMaxConfigBytes);
        if (text) {
            texts.push_back({file, std::move(text->text)});
        } else {
            faults.push_back(unreadable(file, text.error().message(), text.error().code));
        }
    }
    // What the readable files say is only known when all could be read.
    if (!faults.empty()) return tl::unexpected(std::move(faults));
    return parse_config(texts.front(), {texts.begin() + 1, texts.end()});
}

WebConfigOrFaults load_web_config(const std::string& file) {
    const Result<FileText> text = read_regular_file(file, kMaxConfigBytes);
    if (!text)
        return tl::unexpected(
            std::vector{unreadable(file, text.error().message(), text.error().code)});
    return parse_web_config({file, text->text});
}

}  // namespace vfswatchd
