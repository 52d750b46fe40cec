// std.calendar: days and times of day at places of the world.
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "stdlib/native.h"

namespace weft::stdlib {
namespace {

using Json = nlohmann::json;

WorkerOutcome ask(const std::string& name, const Json& arguments) {
    const std::string text = arguments.dump();
    for (const auto& worker : calendar_workers()) {
        if (worker.name != name) continue;
        WorkerCall call;
        call.worker = name;
        call.arguments = text;
        return worker.run(call);
    }
    ADD_FAILURE() << "there is no worker " << name;
    return WorkerValue{};
}

Json given(const std::string& name, const Json& arguments) {
    const auto outcome = ask(name, arguments);
    EXPECT_TRUE(outcome) << outcome.error().message;
    return outcome ? Json::parse(outcome->json) : Json();
}

TEST(Calendar, AMomentAsPeopleAtAPlaceHaveIt) {
    EXPECT_EQ(
        given("calendar.local", {{"at", "2026-07-31T22:30:59.999Z"}, {"zone", "Europe/Zurich"}}),
        Json::parse(R"({"date": "2026-08-01", "year": 2026, "month": 8, "day": 1,
                              "weekday": 6, "clock": "00:30"})"));
    const auto early =
        given("calendar.local", {{"at", "1969-12-31T23:59:59.500Z"}, {"zone", "UTC"}});
    EXPECT_EQ(early["date"], "1969-12-31");
    EXPECT_EQ(early["clock"], "23:59");
    EXPECT_EQ(early["weekday"], 3);
    EXPECT_EQ(given("calendar.local", {{"at", "2026-11-22T12:00:00Z"}, {"zone", "UTC"}})["weekday"],
              7);
}

TEST(Calendar, TheMomentOfATimeOfDay) {
    const auto at = [](const char* date, const char* clock, const char* zone) {
        return given("calendar.moment", {{"date", date}, {"clock", clock}, {"zone", zone}});
    };
    EXPECT_EQ(at("2026-01-01", "06:30", "Europe/Zurich"), "2026-01-01T05:30:00Z");
    EXPECT_EQ(at("2026-07-01", "06:30", "Europe/Zurich"), "2026-07-01T04:30:00Z");
    // Skipped, and twice.
    EXPECT_EQ(at("2026-03-29", "02:30", "Europe/Zurich"), "2026-03-29T01:00:00Z");
    EXPECT_EQ(at("2026-10-25", "02:30", "Europe/Zurich"), "2026-10-25T00:30:00Z");
    EXPECT_EQ(at("2026-01-01", "00:00", "Pacific/Auckland"), "2025-12-31T11:00:00Z");
}

TEST(Calendar, TheSameDayOfAnotherMonth) {
    const auto later = [](const char* date, int months) {
        return given("calendar.months_later", {{"date", date}, {"months", months}});
    };
    EXPECT_EQ(later("2026-01-31", 1), "2026-02-28");
    EXPECT_EQ(later("2028-01-31", 1), "2028-02-29");
    EXPECT_EQ(later("2026-01-31", 3), "2026-04-30");
    EXPECT_EQ(later("2026-12-15", 1), "2027-01-15");
    EXPECT_EQ(later("2026-01-15", -1), "2025-12-15");
    EXPECT_EQ(later("2026-03-31", -13), "2025-02-28");
    EXPECT_EQ(later("0000-01-31", -1), "-000001-12-31");
    EXPECT_EQ(later("2026-05-05", 0), "2026-05-05");
}

TEST(Calendar, AnUnknownZoneIsAnErrorOfItsOwn) {
    for (const char* zone : {"Europe/Zurih", "", "../../etc/localtime"}) {
        const auto outcome =
            ask("calendar.local", {{"at", "2026-01-01T00:00:00Z"}, {"zone", zone}});
        ASSERT_FALSE(outcome) << zone;
        EXPECT_EQ(outcome.error().name, "UnknownZone");
    }
}

}  // namespace
}  // namespace weft::stdlib
