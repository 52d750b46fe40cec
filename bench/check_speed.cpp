#include "bench/check_speed.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "weft/program.h"

namespace weft::bench {

namespace {

constexpr int kTries = 5;
constexpr std::size_t kLines = 10'000;

double cpu_ms() {
    timespec now{};
    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return static_cast<double>(now.tv_sec) * 1e3 + static_cast<double>(now.tv_nsec) / 1e6;
}

std::size_t lines_of(const std::string& text) {
    return static_cast<std::size_t>(std::count(text.begin(), text.end(), '\n'));
}

constexpr const char* kWorkers = R"wf(worker shop.find(item: Text) -> Text
  effect  read
  timeout 5s
  retry   2 times

worker shop.take(item: Text) -> Text
  effect  idempotent for 1d
  timeout 5s
  retry   2 times

worker shop.give(item: Text)
  effect  idempotent for 1d
  timeout 5s
  retry   2 times
)wf";

// One more piece of a shape, numbered.
using Piece = std::string (*)(std::size_t);

std::string small_workflow(std::size_t i) {
    return fmt::format(R"wf(
/// What is taken.
record Want{0} {{
  id:    Text where length in 1..40
  count: Int where it in 1..9
}}

fn title_{0}(want: Want{0}) -> Text = "${{want.id}} ${{want.count}}"

/// Takes it.
workflow take_{0}(want: Want{0}, many: List<Text> where length in 0..5) -> Text
  within 9d
{{
  step found = each one in many, 2 at once {{
    step shop.find(one)
  }}
  gate enough {{
    require count(found) >= 2
    otherwise review want by "clerk" within 1d
    otherwise fail "not enough"
  }}
  step taken = shop.take(title_{0}(want))
    compensate shop.give(taken)
  step seen = shop.find(taken)
  return seen
}}
)wf",
                       i);
}

std::string lines_of_a_long_one(std::size_t i) {
    return fmt::format(R"wf(  step a{0} = shop.find(item)
  step b{0} = shop.take(a{0})
    compensate shop.give(b{0})
  let c{0} = "${{a{0}}} ${{b{0}}}"
  step e{0} = each x in many, 2 at once {{
    step shop.find(x)
  }}
  if count(e{0}) > 3 {{
    emit z{0}(c{0})
  }}
)wf",
                       i);
}

std::string gate_of_a_long_one(std::size_t i) {
    return fmt::format(R"wf(  step g{0} = shop.find(item)
  gate fit{0} {{
    require length(g{0}) in 2..90
    otherwise retry from g{0}, up to 2 times
    otherwise review g{0} by "clerk" within 1m
    otherwise fail "nothing fits"
  }}
  step h{0} = repeat n = length(g{0}), up to 3 times {{
    if n > 9 {{
      done n
    }}
    step more{0} = shop.find(g{0})
    next n + length(more{0})
  }} else {{
    0
  }}
  emit had{0}(h{0})
)wf",
                       i);
}

std::string type_and_function(std::size_t i) {
    return fmt::format(R"wf(
/// One of many.
enum Kind{0} {{
  Plain{0}
  Filled{0}(with: Text)
}}

/// What it costs.
type Price{0} = Int where it in {0}..{1}

fn word_{0}(kind: Kind{0}, price: Price{0}) -> Text =
  match kind {{
    Plain{0} => "plain ${{price}}"
    Filled{0}(with) => with
  }}

workflow tell_{0}(kind: Kind{0}, price: Price{0}) -> Text
  within 1h
{{
  return word_{0}(kind, price)
}}
)wf",
                       i, i + 100);
}

struct Shape {
    const char* name;
    std::string head;
    Piece piece;
    std::string end;
    std::size_t most;  // pieces of one workflow: a function holds 4,096 values
};

std::vector<Shape> shapes() {
    const std::string begin =
        std::string(kWorkers) +
        "\nworkflow long{}(item: Text, many: List<Text> where length in 0..5) "
        "-> Text\n  within 900d\n{{\n";
    const std::string end = "  return item\n}\n";
    return {{"many small workflows", kWorkers, small_workflow, "", 0},
            {"long workflows", begin, lines_of_a_long_one, end, 400},
            {"gates and loops", begin, gate_of_a_long_one, end, 150},
            {"types and functions", "", type_and_function, "", 0}};
}

std::string package(const Shape& shape, std::size_t lines) {
    std::string out;
    std::size_t count = 0;
    std::size_t begun = 0;
    for (std::size_t i = 0; count < lines; ++i) {
        const bool begins = i == 0 || (shape.most > 0 && i % shape.most == 0);
        std::string more;
        if (begins && shape.most > 0) {
            if (i > 0) more = shape.end;
            auto head = fmt::format(fmt::runtime(shape.head), begun++);
            // The workers stand before the first alone.
            if (i > 0) head.erase(0, std::string_view(kWorkers).size());
            more += head;
        } else if (begins) {
            more = shape.head;
        }
        more += shape.piece(i);
        count += lines_of(more);
        out += more;
    }
    return out + shape.end;
}

// The least of some tries, in one thread's time.
Result<double> time_of(const std::string& text) {
    double best = 1e9;
    for (int i = 0; i < kTries; ++i) {
        const double begin = cpu_ms();
        const auto compiled = compile_text("bench.wf", text);
        best = std::min(best, cpu_ms() - begin);
        if (!compiled.program) {
            return fail(ErrorKind::Environment,
                        "the bench's program has mistakes:\n" + compiled.text.substr(0, 2'000));
        }
    }
    return best;
}

}  // namespace

Result<void> check_speed() {
    fmt::print("check, compiled in memory and verified, best of {}\n", kTries);
    for (const auto& shape : shapes()) {
        const auto half = package(shape, kLines / 2);
        const auto whole = package(shape, kLines);
        WEFT_TRY(half_ms, time_of(half));
        WEFT_TRY(whole_ms, time_of(whole));
        fmt::print("  {:<22} {:>6} lines {:6.1f} ms   {:>6} lines {:6.1f} ms   ratio {:.2f}\n",
                   shape.name, lines_of(half), half_ms, lines_of(whole), whole_ms,
                   whole_ms / half_ms);
    }
    return {};
}

}  // namespace weft::bench
