// A program that runs a workflow in its own process: it registers a lambda as a worker, runs the
// workflow to its end and reads the log that is left.
#include <weft/engine.h>
#include <weft/program.h>

#include <cstdio>

namespace {

constexpr const char* kSource = R"(
/// Greets someone by way of the host program.
worker host.greet(name: Text) -> Text
  effect read
  timeout 5s

workflow hello(name: Text) -> Text
  within 1m
  retain 1d
{
  step greeting = host.greet(name)
  return greeting
}
)";

int fail(const weft::Error& error) {
    std::fprintf(stderr, "%s\n%s\n", error.message.c_str(), error.hint.c_str());
    return 1;
}

}  // namespace

int main(int argc, char** argv) {
    auto compiled = weft::compile_text("hello.wf", kSource);
    if (!compiled.program) return std::fputs(compiled.text.c_str(), stderr), 1;

    auto engine = weft::Engine::open({.store = argc > 1 ? argv[1] : "hello.store", .config = ""});
    if (!engine) return fail(engine.error());
    (*engine)->add_worker("host.greet", [](const weft::WorkerCall& call) -> weft::WorkerOutcome {
        std::printf("the worker is called with %s\n", std::string(call.arguments).c_str());
        return weft::WorkerValue{"\"Hello from the host\"", {}};
    });

    auto run = (*engine)->start(*compiled.program, "hello", R"({"name": "reader"})");
    if (!run) return fail(run.error());
    auto report = (*engine)->wait(*run);
    if (!report) return fail(report.error());
    std::printf("result: %s\n", report->result.c_str());

    auto log = (*engine)->request("log", "{\"run\": \"" + *run + "\"}");
    if (!log) return fail(log.error());
    std::printf("log: %s\n", log->c_str());
    auto closed = (*engine)->close();
    return closed ? 0 : fail(closed.error());
}
