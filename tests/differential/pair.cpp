#include "tests/differential/pair.h"

#include <fmt/format.h>

namespace weft::differential {

using reference::Ask;
using reference::Fact;
using reference::Made;
using reference::Out;

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
    std::string text = "the reference says\n";
    for (const auto& made : expected.records) text += "    " + text_of(made) + "\n";
    text += "and the machine\n";
    for (const auto& made : actual.records) text += "    " + text_of(made) + "\n";
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
    std::string text = "the reference asks for\n";
    for (const auto& ask : expected) text += "    " + text_of(ask) + "\n";
    text += "and the machine for\n";
    for (const auto& ask : actual) text += "    " + text_of(ask) + "\n";
    throw Difference{text};
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
    return fmt::format("kind {} of {} attempt {} {} {} due {} {} line {}",
                       static_cast<int>(ask.kind), ask.number, ask.attempt, ask.path, ask.worker,
                       ask.due_ms, ask.title, ask.line);
}

}  // namespace weft::differential
