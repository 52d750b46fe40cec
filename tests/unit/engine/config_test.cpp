// weft.toml: longest names win member by member, mistakes are named with their place.
#include "engine/config.h"

#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::engine {
namespace {

class ConfigTest : public testing::Test {
  protected:
    std::string write(const std::string& text) {
        folder_ = std::filesystem::path(testing::TempDir()) / "weft-config-test";
        std::filesystem::create_directories(folder_);
        std::ofstream(folder_ / "weft.toml") << text;
        return folder_ / "weft.toml";
    }
    std::filesystem::path folder_;
};

TEST_F(ConfigTest, AnAbsentFileIsTheDefaults) {
    auto config = load_config("/nonexistent/weft.toml");
    ASSERT_TRUE(config.has_value());
    EXPECT_EQ(config->settings("llm.generate"), "{}");
    EXPECT_TRUE(config->store.empty());
}

TEST_F(ConfigTest, LongerNamesWinMemberByMember) {
    auto config =
        load_config(write("[workers.llm]\nprovider = 'offline'\nmodel = 'a'\n"
                          "[workers.\"llm.generate\"]\nmodel = 'b'\n"));
    ASSERT_TRUE(config.has_value());
    EXPECT_EQ(config->settings("llm.generate"), R"({"model":"b","provider":"offline"})");
    EXPECT_EQ(config->settings("llm.judge"), R"({"model":"a","provider":"offline"})");
    EXPECT_EQ(config->settings("llmx.judge"), "{}");
    EXPECT_NE(config->binding_digest("llm.generate"), config->binding_digest("llm.judge"));
}

TEST_F(ConfigTest, TheStoreIsBesideTheFile) {
    auto config = load_config(write("[store]\npath = 'a.store'\n"));
    ASSERT_TRUE(config.has_value());
    EXPECT_EQ(config->store, (folder_ / "a.store").string());
}

TEST_F(ConfigTest, MistakesNameTheirPlace) {
    auto broken = load_config(write("[workers\n"));
    ASSERT_FALSE(broken.has_value());
    EXPECT_EQ(broken.error().kind, ErrorKind::Usage);
    EXPECT_THAT(broken.error().message, testing::HasSubstr("weft.toml:1:"));
    auto unknown = load_config(write("[stores]\npath = 'x'\n"));
    ASSERT_FALSE(unknown.has_value());
    EXPECT_THAT(unknown.error().message, testing::HasSubstr("[stores]"));
}

}  // namespace
}  // namespace weft::engine
