// What a reply costs. Prices come from the settings and from nowhere else; without them a call is
// refused unless the settings say `prices = "unknown"`, so no cost is ever zero by silence.
#pragma once

#include <cstdint>
#include <string>

#include "stdlib/json_args.h"

namespace weft::stdlib::llm::openai {

// Millionths of the currency's unit for a million tokens.
struct Prices {
    bool is_known = false;
    std::int64_t input = 0;
    std::int64_t cached_input = 0;
    std::int64_t output = 0;
    std::string currency = "USD";
};

std::expected<Prices, WorkerError> read_prices(const Json& settings, const std::string& model);

// Rounded up. Without a usage in the reply tokens are estimated, rather high: one for three bytes.
Cost cost_of(const Prices& prices, const Json& reply, std::size_t sent_bytes,
             std::size_t received_bytes);

}  // namespace weft::stdlib::llm::openai
