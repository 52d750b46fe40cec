// The workflows of the loads.
#include <fmt/format.h>

#include "bench/load.h"

namespace weft::bench {

namespace {

constexpr const char* kWorkers = R"wf(
worker bench.note(text: Text) -> Text
  effect idempotent for 1d
  timeout 30s

worker bench.erase(text: Text) -> Text
  effect idempotent for 1d
  timeout 30s

worker bench.refuse(text: Text) -> Text
  effect idempotent for 1d
  timeout 30s
)wf";

}  // namespace

std::string durable_steps() {
    std::string out = kWorkers;
    out += "workflow main(text: Text) -> Text\n  within 1d\n{\n";
    for (int i = 0; i < 10; ++i) {
        const std::string name = "s" + std::to_string(i);
        const std::string from = i == 0 ? "text" : "s" + std::to_string(i - 1);
        out += "  step " + name + " = bench.note(" + from + ")\n";
        out += "    compensate none \"a note may stand\"\n";
    }
    return out + "  return s9\n}\n";
}

std::string parallel_steps(unsigned items, unsigned at_once) {
    return fmt::format(R"wf({}
workflow main(texts: List<Text> where length in 1..{}) -> List<Text>
  within 1d
{{
  step notes = each text in texts, {} at once {{
    step bench.note(text)
      compensate none "a note may stand"
  }}
  return notes
}}
)wf",
                       kWorkers, items, at_once);
}

std::string parallel_chains(unsigned items, unsigned at_once, unsigned steps) {
    std::string chain;
    for (unsigned i = 0; i < steps; ++i) {
        chain +=
            fmt::format("    step s{} = bench.note({})\n      compensate none \"it may stand\"\n",
                        i, i == 0 ? "text" : fmt::format("s{}", i - 1));
    }
    return fmt::format(R"wf({}
workflow main(texts: List<Text> where length in 1..{}) -> List<Text>
  within 1d
{{
  step notes = each text in texts, {} at once {{
{}    s{}
  }}
  return notes
}}
)wf",
                       kWorkers, items, at_once, chain, steps - 1);
}

std::string texts_input(unsigned count) {
    std::string out = R"({"texts":["a text")";
    for (unsigned i = 1; i < count; ++i) out += R"(,"a text")";
    return out + "]}";
}

std::string saga() {
    return std::string(kWorkers) + R"wf(
workflow main(text: Text) -> Text
  within 1d
{
  step a = bench.note(text)
    compensate bench.erase(a)
  step b = bench.note(a)
    compensate bench.erase(b)
  step c = bench.note(b)
    compensate bench.erase(c)
  step d = bench.note(c)
    compensate bench.erase(d)
  step e = bench.refuse(d)
    compensate none "it may stand"
  return e
}
)wf";
}

std::string waiting() {
    return R"wf(
workflow main(text: Text) -> Text
  within 60d
{
  signal go: Text

  step word = wait go within 30d else {
    fail "nobody came"
  }
  return "${text} ${word}"
}
)wf";
}

std::string rounds_of_steps(unsigned rounds, unsigned items) {
    return fmt::format(R"wf({0}
workflow main(texts: List<Text> where length in 1..{2}) -> Int
  within 1d
{{
  step rounds = repeat round = 0, up to {1} times {{
    step notes = each text in texts, 32 at once {{
      step bench.note(text)
        compensate none "a note may stand"
    }}
    if count(notes) == 0 {{
      done round
    }}
    next round + 1
  }} else {{
    fail "it has no end"
  }}
  return rounds
}}
)wf",
                       kWorkers, rounds, items);
}

std::string timers() {
    return R"wf(
workflow main(text: Text) -> Text
  within 1d
{
  sleep 2s
  return text
}
)wf";
}

}  // namespace weft::bench
