#include "stdlib/llm/openai/prices.h"

#include <cmath>
#include <optional>

namespace weft::stdlib::llm::openai {

namespace {

constexpr double kMillion = 1'000'000.0;

// A price under either of its two names: per million tokens, or per token as price lists have it.
std::optional<std::int64_t> price(const Json& table, std::string_view per_million,
                                  std::string_view per_token) {
    if (member(table, per_million).is_number()) {
        return std::llround(number_or(table, per_million) * kMillion);
    }
    if (member(table, per_token).is_number()) {
        return std::llround(number_or(table, per_token) * kMillion * kMillion);
    }
    return {};
}

}  // namespace

std::expected<Prices, WorkerError> read_prices(const Json& settings, const std::string& model) {
    const Json& all = member(settings, "prices");
    if (all == "unknown") return Prices{};
    const Json& table = member(all, model).is_object() ? member(all, model) : all;
    const auto input = price(table, "input_per_million", "input_cost_per_token");
    const auto output = price(table, "output_per_million", "output_cost_per_token");
    if (!input || !output) {
        return worker_error("Rejected", "the price of the model `" + model +
                                            "` is not known: set prices.input_per_million and "
                                            "prices.output_per_million in weft.toml, or prices = "
                                            "\"unknown\" to run without a cost");
    }
    Prices prices;
    prices.is_known = true;
    prices.input = *input;
    prices.output = *output;
    prices.cached_input = price(table, "cached_input_per_million", "cache_read_input_token_cost")
                              .value_or(prices.input);
    prices.currency = text_or(table, "currency", "USD");
    return prices;
}

Cost cost_of(const Prices& prices, const Json& reply, std::size_t sent_bytes,
             std::size_t received_bytes) {
    if (!prices.is_known) return Cost{0, prices.currency};
    const Json& usage = member(reply, "usage");
    const auto estimate = [](std::size_t bytes) {
        return static_cast<std::int64_t>(bytes / 3 + 1);
    };
    const std::int64_t input = int_or(usage, "prompt_tokens", estimate(sent_bytes));
    const std::int64_t output = int_or(usage, "completion_tokens", estimate(received_bytes));
    const std::int64_t cached =
        std::min(input, int_or(member(usage, "prompt_tokens_details"), "cached_tokens", 0));
    const std::int64_t sum =
        (input - cached) * prices.input + cached * prices.cached_input + output * prices.output;
    return Cost{(sum + 999'999) / 1'000'000, prices.currency};
}

}  // namespace weft::stdlib::llm::openai
