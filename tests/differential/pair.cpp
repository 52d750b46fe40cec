#include "tests/differential/pair.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/hash.h"

namespace weft::differential {

using reference::Ask;
using reference::Fact;
using reference::Made;
using reference::Out;

namespace {

// The first in which two lists differ, as both have it, and what either has after it.
template <typename T>
std::string difference_of(const std::vector<T>& expected, const std::vector<T>& actual,
                          std::string_view what) {
    const auto [a, b] = std::ranges::mismatch(expected, actual);
    if (a == expected.end() && b == actual.end()) return {};
    std::string out =
        fmt::format("the first {} that differs is number {}\n", what, a - expected.begin() + 1);
    const auto put = [&out](std::string_view who, auto from, auto end) {
        out += fmt::format("  the {} has\n", who);
        if (from == end) out += "    nothing more\n";
        for (; from != end; ++from) out += "    " + text_of(*from) + "\n";
    };
    put("reference", a, expected.end());
    put("machine", b, actual.end());
    return out;
}

std::string key_text(const std::optional<Value>& value) {
    return value ? text_of(*value) : "-";
}

std::string joined(const std::vector<std::string>& texts) {
    std::string out;
    for (const auto& text : texts) out += (out.empty() ? "" : ", ") + text;
    return out;
}

}  // namespace

Pair::Pair(const ir::Module& module, std::shared_ptr<const Image> image,
           const reference::Beginning& beginning)
    : expected_(module, beginning), actual_(std::move(image), beginning) {}

Fact Pair::for_one(const Fact& fact, bool machine) {
    Fact out = fact;
    if (fact.child != nullptr) {
        const auto& both = dynamic_cast<const Pair&>(*fact.child);
        out.child = machine ? static_cast<const Executor*>(&both.actual_) : &both.expected_;
    }
    return out;
}

void Pair::compare(const Out& expected, const Out& actual) {
    if (expected == actual) return;
    auto text = difference_of(expected.records, actual.records, "record");
    if (expected.keys != actual.keys) text += "they keep other accounts of keys\n";
    if (expected.subs != actual.subs) text += "they start other runs\n";
    throw Difference{text};
}

Out Pair::start() {
    auto out = expected_.start();
    compare(out, actual_.start());
    return out;
}

bool Pair::accepts(const Fact& fact) const {
    const bool expected = expected_.accepts(for_one(fact, false));
    if (expected != actual_.accepts(for_one(fact, true))) {
        throw Difference{fmt::format("{} fits the {} alone\n", text_of(fact),
                                     expected ? "reference" : "machine")};
    }
    return expected;
}

Out Pair::apply(const Fact& fact, std::int64_t time_ms) {
    auto out = expected_.apply(for_one(fact, false), time_ms);
    compare(out, actual_.apply(for_one(fact, true), time_ms));
    return out;
}

std::vector<Ask> Pair::asks() const {
    auto expected = expected_.asks();
    const auto actual = actual_.asks();
    if (expected == actual) return expected;
    throw Difference{difference_of(expected, actual, "ask")};
}

std::optional<EndStatus> Pair::ended() const {
    const auto expected = expected_.ended();
    if (expected != actual_.ended()) throw Difference{"one has ended\n"};
    if (expected && !(expected_.result() == actual_.result())) {
        throw Difference{"they end with other results\n"};
    }
    return expected;
}

std::int64_t Pair::spent_micros() const {
    if (expected_.spent_micros() != actual_.spent_micros()) {
        throw Difference{"they spent other sums\n"};
    }
    return expected_.spent_micros();
}

bool Pair::past_no_return() const {
    if (expected_.past_no_return() != actual_.past_no_return()) {
        throw Difference{"one is past the point of no return\n"};
    }
    return expected_.past_no_return();
}

std::vector<std::uint64_t> Pair::stuck() const {
    auto expected = expected_.stuck();
    if (expected != actual_.stuck()) throw Difference{"other compensations are stuck\n"};
    return expected;
}

void Pair::crash(bool from_snapshot) {
    const auto wrong = from_snapshot ? actual_.restore() : actual_.replay();
    if (!wrong.empty()) throw Difference{wrong + "\n"};
}

std::string text_of(const Value& value) {
    std::string out;
    const auto list = [&](const std::vector<Value>& items, char open, char close) {
        out += open;
        for (const auto& item : items) out += text_of(item) + " ";
        out += close;
    };
    switch (value.tag()) {
        case Tag::None:
            return "none";
        case Tag::False:
            return "false";
        case Tag::True:
            return "true";
        case Tag::Decimal:
            return value.as_decimal().to_string();
        case Tag::Money:
            return value.as_money().amount.to_string();
        case Tag::Text:
        case Tag::Bytes:
            return "\"" + value.as_text() + "\"";
        case Tag::List:
            list(value.items(), '[', ']');
            return out;
        case Tag::Record:
            list(value.items(), '(', ')');
            return out;
        case Tag::Case:
            out = std::to_string(value.as_case().number);
            list(value.as_case().fields, '{', '}');
            return out;
        case Tag::Map:
            for (const auto& [key, item] : value.entries()) out += key + ": " + text_of(item) + " ";
            return "{" + out + "}";
        default:
            return std::to_string(value.as_int());
    }
}

std::string text_of(const Made& made) {
    std::string out = fmt::format("#{} {} @{} {} {}", made.seq, kind_name(made.kind), made.branch,
                                  made.place, made.worker);
    if (made.kind == RecordKind::TimerSet) {
        const auto body = *decode_body<TimerSetBody>(made.body);
        out += fmt::format(" {} due {} purpose {} call {}", body.timer, body.due_ms,
                           static_cast<int>(body.purpose), body.call);
    } else if (made.kind == RecordKind::Call) {
        const auto body = *decode_body<CallBody>(made.body);
        out += fmt::format(" generation {} direction {}", body.generation,
                           static_cast<int>(body.direction));
    } else {
        out += " " + to_hex(made.body);
    }
    Value payload;
    if (!made.payload.empty() && decode_canonical(made.payload, payload)) {
        out += " " + text_of(payload);
    }
    return out;
}

std::string text_of(const Fact& fact) {
    std::string out = fmt::format("{} {}", kind_name(fact.kind), fact.number);
    if (fact.kind == RecordKind::Start || fact.kind == RecordKind::Outcome) {
        out += fmt::format(" attempt {}", fact.attempt);
    }
    if (fact.kind == RecordKind::Outcome) {
        out += fmt::format(" {} {} {}", static_cast<int>(fact.answer), fact.error,
                           text_of(fact.value));
    }
    if (fact.kind == RecordKind::Decision) {
        out += fmt::format(" {} by {} in {}", static_cast<int>(fact.decision), fact.by, fact.role);
    }
    return out;
}

std::string text_of(const Ask& ask) {
    static constexpr std::string_view kKinds[] = {
        "attempt", "outcome",           "cancel", "settle", "timer", "decision", "lock",
        "sub-run", "cancel of sub-run", "release"};
    std::string out = fmt::format("{} {}", kKinds[static_cast<std::size_t>(ask.kind)], ask.number);
    if (!ask.path.empty()) {
        out += fmt::format(" of {} ({}) attempt {} direction {} timeout {} cache {} arguments {}",
                           ask.path, ask.worker, ask.attempt, static_cast<int>(ask.direction),
                           ask.timeout_ms, ask.cache_ms, text_of(Value::list(ask.arguments)));
        out +=
            fmt::format(" key {} cached by {}", key_text(ask.author_key), key_text(ask.cache_key));
    }
    if (ask.due_ms != 0) out += fmt::format(" due {}{}", ask.due_ms, ask.until ? " named" : "");
    if (ask.kind == Ask::Kind::Decision) {
        out += fmt::format(" \"{}\" line {} of {} shows {} except [{}] approved by [{}]", ask.title,
                           ask.line, joined(ask.roles), text_of(Value::list(ask.shown)),
                           joined(ask.except), joined(ask.approved_by));
    }
    if (!ask.keys.empty()) out += " keys " + joined(ask.keys);
    if (ask.run != Bytes16{}) out += " run " + to_hex(view(ask.run));
    return out;
}

}  // namespace weft::differential
