// The feed of changes: what came since, as far as it is kept.
#include "engine/change_feed.h"

#include <gtest/gtest.h>

namespace weft::engine {
namespace {

FeedItem item(const std::string& status) {
    FeedItem out;
    out.status = status;
    return out;
}

TEST(ChangeFeed, GivesWhatCameSince) {
    ChangeFeed feed;
    EXPECT_TRUE(feed.since(0, 10).empty());
    for (int i = 0; i < 5; ++i) feed.add(item(std::to_string(i)));
    EXPECT_EQ(feed.next(), 5U);
    EXPECT_EQ(feed.since(0, 10).size(), 5U);
    const auto some = feed.since(2, 2);
    ASSERT_EQ(some.size(), 2U);
    EXPECT_EQ(some[0].status, "2");
    EXPECT_EQ(some[1].no, 3U);
    EXPECT_TRUE(feed.since(5, 10).empty());
    EXPECT_TRUE(feed.since(99, 10).empty());
}

TEST(ChangeFeed, KeepsTheLatest) {
    ChangeFeed feed;
    for (int i = 0; i < 25'000; ++i) feed.add(item(std::to_string(i)));
    const auto all = feed.since(0, 100'000);
    ASSERT_EQ(all.size(), 10'000U);
    EXPECT_EQ(all.front().status, "15000");
    EXPECT_EQ(all.front().no, 15'000U);
    EXPECT_EQ(all.back().status, "24999");
}

}  // namespace
}  // namespace weft::engine
