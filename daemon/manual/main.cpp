// SPDX-License-Identifier: Apache-2.0
#include <cstdio>
#include <iostream>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "manual/completion.h"
#include "manual/page.h"

namespace {

int complain(const std::string& message) {
    std::fprintf(stderr, "vfswatchd_manual: %s\n", message.c_str());
    return 1;
}

int print(const std::optional<std::string>& text) {
    if (!text) return complain("no such program");
    std::cout << *text;
    return std::cout.flush() ? 0 : 1;
}

int print_page() {
    const auto filled = vfswatchd::fill_page(std::cin, std::cout);
    if (!filled) return complain(filled.error().message());
    return std::cout.flush() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    const std::vector<std::string_view> words(argv, argv + argc);
    if (words.size() == 2 && words[1] == "page") return print_page();
    if (words.size() == 3 && words[1] == "bash") return print(vfswatchd::bash_completion(words[2]));
    if (words.size() == 3 && words[1] == "zsh") return print(vfswatchd::zsh_completion(words[2]));
    return complain("usage: vfswatchd_manual page <PAGE | bash PROGRAM | zsh PROGRAM");
}
