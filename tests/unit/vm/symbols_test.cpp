// The machine reads no clock, random source, environment, locale or file, and starts no thread: its
// library must not even refer to what could. (What libstdc++ itself does inside is out of its
// reach.)
#include <gtest/gtest.h>

#include <array>
#include <cstdio>
#include <memory>
#include <regex>
#include <string>

namespace weft::vm {
namespace {

std::string undefined_symbols(const std::string& library) {
    const std::string command = "nm -uC '" + library + "' 2>&1";
    const std::unique_ptr<FILE, int (*)(FILE*)> pipe(popen(command.c_str(), "r"), pclose);
    std::string out;
    std::array<char, 4096> part{};
    while (fgets(part.data(), part.size(), pipe.get()) != nullptr) out += part.data();
    return out;
}

const std::regex& banned() {
    static const std::regex pattern(
        R"(\bU (clock|clock_gettime|time|gettimeofday|localtime\w*|gmtime\w*|mktime|rand\w*|srand\w*|)"
        R"(random|arc4random\w*|getentropy|getrandom|getenv|secure_getenv|setenv|setlocale|newlocale|)"
        R"(pthread_create|fork|open|open64|fopen\w*|socket|std::random_device\b.*|std::locale\b.*|)"
        R"(std::thread\b.*|std::chrono::.*::now.*|std::basic_\w*fstream.*)\s*$)");
    return pattern;
}

std::string found_in(const std::string& symbols) {
    std::string out;
    for (std::size_t at = 0; at < symbols.size();) {
        const auto end = std::min(symbols.find('\n', at), symbols.size());
        const auto line = symbols.substr(at, end - at);
        if (std::regex_search(line, banned())) out += line + "\n";
        at = end + 1;
    }
    return out;
}

TEST(Symbols, TheMachineAsksTheWorldNothing) {
    const auto symbols = undefined_symbols(WEFT_VM_LIBRARY);
    ASSERT_NE(symbols.find("weft::"), std::string::npos) << symbols;
    EXPECT_EQ(found_in(symbols), "");
}

TEST(Symbols, TheTestWouldFindThem) {
    EXPECT_NE(found_in("                 U getenv\n"), "");
    EXPECT_NE(found_in("                 U std::chrono::_V2::system_clock::now()\n"), "");
    EXPECT_NE(found_in("                 U std::locale::locale()\n"), "");
    EXPECT_EQ(found_in("                 U weft::canonical(weft::Value const&)\n"), "");
}

}  // namespace
}  // namespace weft::vm
