// SPDX-License-Identifier: Apache-2.0
#include "folder.h"

#include <sys/stat.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <system_error>

namespace vfswatchd {
namespace {

namespace fs = std::filesystem;

std::string new_directory() {
    std::string pattern = (fs::temp_directory_path() / "vfswatchd-test-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr)
        throw std::system_error(errno, std::generic_category(), pattern);
    return pattern;
}

}  // namespace

Folder::Folder() : path_(new_directory()) {}

Folder::~Folder() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
}

std::string Folder::write(const std::string& name, const std::string& text, ::mode_t mode) const {
    std::string file = path(name);
    const std::string fresh = file + ".new";
    std::ofstream(fresh) << text;
    if (::chmod(fresh.c_str(), mode) != 0)
        throw std::system_error(errno, std::generic_category(), file);
    fs::rename(fresh, file);
    return file;
}

}  // namespace vfswatchd
