// Numbers pass through a parser that holds doubles without losing a digit.
#include "engine/exact_numbers.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace weft {
namespace {

std::string through(const std::string& text) {
    return reveal_numbers(nlohmann::json::parse(hide_numbers(text)).dump());
}

TEST(ExactNumbers, PassThroughATree) {
    for (const std::string text :
         {"0", "-1", "0.1", "12345678901234567890", "9007199254740993", "-9223372036854775808",
          "0.1234567890123456789012345678901234", "1234567890123456789012345678901234",
          "-123456789012345678901234567890.1234", "1e400", "-1.5E-390", "0.30000000000000004",
          R"({"a":[1.2345678901234567,{"b":98765432109876543210}],"c":"5"})"}) {
        EXPECT_EQ(through(text), text);
    }
}

TEST(ExactNumbers, TextsAreLeftAlone) {
    for (const std::string text :
         {R"("12345678901234567890.5")", R"({"1.2345678901234567":"\"1e400"})",
          R"(["#00000000000000000000000000000000:1","\\",98765432109876543210])"}) {
        EXPECT_EQ(through(text), text);
    }
}

TEST(ExactNumbers, WhatIsNoJsonStaysSo) {
    for (const std::string text :
         {"", "\"", "\"\\", "-", "[1.2345678901234567", "1-2e3.", "1e", "01.2345678901234567",
          "1.e5", "1.2345678901234567e+", "-.12345678901234567"}) {
        EXPECT_FALSE(nlohmann::json::accept(hide_numbers(text))) << text;
    }
}

}  // namespace
}  // namespace weft
