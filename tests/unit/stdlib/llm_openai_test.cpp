// The provider `openai` against a scripted server on loopback (tests/e2e/llm_server.py).
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "stdlib/llm/engine_label.h"
#include "stdlib/llm/openai/http.h"
#include "stdlib/llm/openai/repair.h"
#include "stdlib/llm/openai/wire_schema.h"
#include "tests/unit/stdlib/rag_fixture.h"

namespace weft::stdlib {
namespace {

using llm::OrderedJson;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kSecret = "sk-test-4711";

// A child whose standard input we hold: it ends when we do.
class Server {
  public:
    Server() {
        int to_child[2];
        int from_child[2];
        if (pipe(to_child) != 0 || pipe(from_child) != 0) return;
        child_ = fork();
        if (child_ == 0) {
            dup2(to_child[0], 0);
            dup2(from_child[1], 1);
            for (const int end : {to_child[0], to_child[1], from_child[0], from_child[1]})
                close(end);
            execlp("python3", "python3", WEFT_SOURCE_DIR "/tests/e2e/llm_server.py", nullptr);
            _exit(127);
        }
        close(to_child[0]);
        close(from_child[1]);
        input_ = to_child[1];
        FILE* output = fdopen(from_child[0], "r");
        if (std::fscanf(output, "%d", &port) != 1) port = 0;
        std::fclose(output);
    }
    ~Server() {
        close(input_);
        waitpid(child_, nullptr, 0);
    }
    Server(const Server&) = delete;
    Server& operator=(const Server&) = delete;

    int port = 0;

  private:
    pid_t child_ = -1;
    int input_ = -1;
};

class Openai : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        setenv("WEFT_TEST_KEY", kSecret, 1);
        server_ = new Server();
    }
    static void TearDownTestSuite() {
        delete server_;
        server_ = nullptr;
    }

    static Json settings(const std::string& scenario) {
        return {{"provider", "openai"},
                {"base_url", "http://127.0.0.1:" + std::to_string(server_->port) + "/" + scenario},
                {"model", "m"},
                {"key", "env:WEFT_TEST_KEY"},
                {"prices",
                 {{"input_per_million", 2.0},
                  {"cached_input_per_million", 1.0},
                  {"output_per_million", 10.0}}}};
    }

    static WorkerOutcome ask(const Json& settings, Json schema = {}) {
        if (schema.is_null()) {
            schema = {{"type", "object"},
                      {"properties",
                       {{"title", {{"type", "string"}, {"maxLength", 120}}},
                        {"note", {{"type", "string"}}}}},
                      {"required", {"title"}}};
        }
        const Json prompt = {{"name", "brief_of"},
                             {"system", "Be brief."},
                             {"user", "Passages"},
                             {"schema", schema},
                             {"inputs", Json::object()}};
        return fixture::call(fixture::find_worker("llm.generate"),
                             {{"prompt", prompt}, {"temperature", 0.3}}, nullptr,
                             dump_json(settings));
    }

    static WorkerError error_of(const WorkerOutcome& outcome) {
        if (outcome) ADD_FAILURE() << "no error but " << outcome->json;
        return outcome ? WorkerError{} : outcome.error();
    }

    static Server* server_;
};

Server* Openai::server_ = nullptr;

TEST_F(Openai, SendsThePromptAndReadsTheResult) {
    const auto outcome = ask(settings("ok"));
    ASSERT_TRUE(outcome) << outcome.error().message;
    EXPECT_EQ(outcome->json, R"({"title":"Refunds, briefly"})");
    // 600 fresh tokens at 2, 400 cached at 1, 100 written at 10 millionths each.
    EXPECT_EQ(outcome->cost.micros, 600 * 2 + 400 * 1 + 100 * 10);
    EXPECT_EQ(outcome->cost.currency, "USD");
}

TEST_F(Openai, SaysWhatItWasAskedAndUnderWhichKey) {
    ASSERT_TRUE(ask(settings("prose")));
    const std::string command =
        "python3 -c \"import urllib.request as u; print(u.urlopen(u.Request("
        "'http://127.0.0.1:" +
        std::to_string(server_->port) + "/log')).read().decode())\"";
    FILE* pipe = popen(command.c_str(), "r");
    std::string text;
    char buffer[4096];
    for (std::size_t n = 0; (n = std::fread(buffer, 1, sizeof buffer, pipe)) > 0;)
        text.append(buffer, n);
    pclose(pipe);
    const Json log = Json::parse(text);
    const Json& last = log.back();
    EXPECT_EQ(last["path"], "/prose/chat/completions");
    EXPECT_EQ(last["headers"]["authorization"], std::string("Bearer ") + kSecret);
    EXPECT_EQ(last["headers"]["idempotency-key"], "0123456789abcdef0123456789abcdef");
    const Json& body = last["body"];
    EXPECT_EQ(body["model"], "m");
    EXPECT_EQ(body["stream"], false);
    EXPECT_EQ(body["temperature"], 0.3);
    EXPECT_EQ(body["messages"][0], (Json{{"role", "system"}, {"content", "Be brief."}}));
    const Json& format = body["response_format"]["json_schema"];
    EXPECT_EQ(format["strict"], true);
    EXPECT_EQ(format["schema"]["additionalProperties"], false);
    EXPECT_EQ(format["schema"]["required"].size(), 2U);
    EXPECT_EQ(format["schema"]["properties"]["note"]["type"], (Json{"string", "null"}));
    EXPECT_EQ(format["schema"]["properties"]["title"]["description"], "(at most 120 characters)");
}

TEST_F(Openai, MendsTheShellOfAReplyOnly) {
    for (const char* scenario : {"fenced", "prose"}) {
        const auto outcome = ask(settings(scenario));
        ASSERT_TRUE(outcome) << scenario << outcome.error().message;
        EXPECT_EQ(outcome->json, R"({"title":"Refunds, briefly"})");
    }
    const auto comma = ask(settings("comma"));
    ASSERT_TRUE(comma);
    EXPECT_EQ(comma->json, R"({"title":"Refunds, briefly,}"})");
    EXPECT_EQ(error_of(ask(settings("broken"))).name, "Guard");
    EXPECT_EQ(error_of(ask(settings("no_choices"))).name, "Guard");
}

TEST_F(Openai, NeverMendsACutOffReplyAndStillCountsIt) {
    const WorkerError error = error_of(ask(settings("length")));
    EXPECT_EQ(error.name, "Guard");
    EXPECT_THAT(error.message, HasSubstr("cut off"));
    EXPECT_EQ(error.cost.micros, 2600);
}

TEST_F(Openai, TakesARefusalAsFinal) {
    const WorkerError error = error_of(ask(settings("refusal")));
    EXPECT_EQ(error.name, "Rejected");
    EXPECT_THAT(error.message, HasSubstr("I can't help"));
    EXPECT_EQ(error_of(ask(settings("filter"))).name, "Rejected");
}

TEST_F(Openai, WaitsAsLongAsItIsTold) {
    const WorkerError busy = error_of(ask(settings("busy")));
    EXPECT_EQ(busy.name, "Transient");
    EXPECT_EQ(busy.retry_after, std::chrono::milliseconds(2000));
    EXPECT_TRUE(ask(settings("busy")));
    const WorkerError down = error_of(ask(settings("down")));
    EXPECT_EQ(down.name, "Unavailable");
    EXPECT_EQ(down.retry_after, std::chrono::milliseconds(100'000));
    EXPECT_EQ(error_of(ask(settings("quota"))).name, "Rejected");
    EXPECT_EQ(error_of(ask(settings("redirect"))).name, "Rejected");
}

TEST_F(Openai, NeverShowsTheKey) {
    const WorkerError error = error_of(ask(settings("unauthorised")));
    EXPECT_EQ(error.name, "Rejected");
    EXPECT_THAT(error.message, HasSubstr("env:WEFT_TEST_KEY"));
    EXPECT_THAT(error.message, Not(HasSubstr(kSecret)));
    EXPECT_THAT(error.message, HasSubstr("bad key Bearer [key]"));
}

TEST_F(Openai, EndsASlowCallInTime) {
    Json slow = settings("slow");
    slow["timeout"] = 0.3;
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(error_of(ask(slow)).name, "Timeout");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
}

TEST_F(Openai, StopsWhenCancelled) {
    std::atomic<bool> cancelled = false;
    llm::openai::HttpRequest request;
    request.url = settings("slow")["base_url"].get<std::string>() + "/chat/completions";
    request.body = "{}";
    request.cancelled = &cancelled;
    std::thread canceller([&] {
        std::this_thread::sleep_for(std::chrono::milliseconds(200));
        cancelled = true;
    });
    const auto begin = std::chrono::steady_clock::now();
    const auto reply = llm::openai::post(request);
    canceller.join();
    ASSERT_FALSE(reply);
    EXPECT_EQ(reply.error().kind, llm::openai::HttpFailure::Kind::Cancelled);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(2500));
}

TEST_F(Openai, SaysWhatIsMissing) {
    for (const char* name : {"model", "key", "prices"}) {
        Json missing = settings("ok");
        missing.erase(name);
        const WorkerError error = error_of(ask(missing));
        EXPECT_EQ(error.name, "Rejected") << name;
        EXPECT_THAT(error.message, HasSubstr(name));
        EXPECT_THAT(error.message, HasSubstr("weft.toml"));
    }
    Json no_key = settings("ok");
    no_key["key"] = "env:WEFT_TEST_NO_SUCH_KEY";
    EXPECT_THAT(error_of(ask(no_key)).message, HasSubstr("WEFT_TEST_NO_SUCH_KEY"));
    Json other = settings("ok");
    other["provider"] = "oracle";
    EXPECT_THAT(error_of(ask(other)).message, HasSubstr("`oracle`"));
    Json nobody = settings("ok");
    nobody["base_url"] = "http://127.0.0.1:1";
    EXPECT_EQ(error_of(ask(nobody)).name, "Unavailable");
}

TEST_F(Openai, CountsWithoutAUsageRatherHigh) {
    const auto outcome = ask(settings("no_usage"));
    ASSERT_TRUE(outcome);
    EXPECT_GT(outcome->cost.micros, 200);
    Json free = settings("no_usage");
    free["prices"] = "unknown";
    EXPECT_EQ(ask(free)->cost.micros, 0);
}

TEST_F(Openai, WrapsAResultThatIsNoObject) {
    const auto outcome =
        ask(settings("wrapped"), {{"type", "array"}, {"items", {{"type", "string"}}}});
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->json, R"(["a","b"])");
}

TEST_F(Openai, Judges) {
    const Json arguments = {{"value", {{"title", "x"}}}, {"rubric", "plain in tone"}};
    const auto judge = fixture::find_worker("llm.judge");
    const auto good = fixture::call(judge, arguments, nullptr, dump_json(settings("score")));
    ASSERT_TRUE(good);
    EXPECT_EQ(good->json, "0.8");
    const auto off = fixture::call(judge, arguments, nullptr, dump_json(settings("score_off")));
    EXPECT_EQ(error_of(off).name, "Guard");
}

TEST(OpenaiSchema, IsLoweredToWhatProvidersTake) {
    const OrderedJson schema = OrderedJson::parse(R"({
        "$ref": "#/$defs/app.Answer",
        "$defs": {
            "app.Answer": {"type": "object", "additionalProperties": false,
                "properties": {"citations": {"type": "array", "minItems": 1,
                                             "items": {"$ref": "#/$defs/rag.Citation"}},
                               "mood": {"enum": ["Good", "Bad"]}},
                "required": ["citations"]},
            "rag.Citation": {"type": "object", "properties": {"quote": {"type": "string"}},
                             "required": ["quote"]}}})");
    const auto wire = llm::openai::wire_schema(schema);
    EXPECT_FALSE(wire.is_wrapped);
    EXPECT_EQ(wire.schema["type"], "object");
    EXPECT_EQ(wire.schema["required"], (OrderedJson{"citations", "mood"}));
    EXPECT_EQ(wire.schema["properties"]["citations"]["items"]["$ref"], "#/$defs/rag_Citation");
    EXPECT_EQ(wire.schema["properties"]["mood"]["anyOf"][1]["type"], "null");
    EXPECT_EQ(wire.schema["$defs"]["rag_Citation"]["additionalProperties"], false);
    EXPECT_FALSE(wire.schema["properties"]["citations"].contains("minItems"));
}

TEST(OpenaiRepair, AddsNothing) {
    using llm::openai::parse_reply;
    EXPECT_TRUE(parse_reply("{\"a\": [1, 2,], }"));
    EXPECT_TRUE(parse_reply("Sure! ```\n{\"a\": \"}\\\"{\"}\n``` Done {not json}"));
    for (const char* text :
         {"", "no json", "{\"a\": ", "{\"a\": 1", "{'a': 1}", "[1, 2", "{a: 1}"}) {
        EXPECT_FALSE(parse_reply(text)) << text;
    }
}

TEST(EngineLabel, SaysWhatWrote) {
    EXPECT_EQ(llm::engine_label(""), "extractive engine, no language model");
    EXPECT_EQ(llm::engine_label("{}"), "extractive engine, no language model");
    EXPECT_EQ(llm::engine_label(R"({"provider":"openai","model":"m-1"})"), "language model m-1");
}

}  // namespace
}  // namespace weft::stdlib
