// A result's schema in the subset that providers of structured output have in common: the root is
// an object, every property is required (optional ones may be null), nothing more is allowed, and
// bounds are told in words, since the wire can't carry them. The full schema is checked by the
// engine.
#pragma once

#include "stdlib/llm/prompt.h"

namespace weft::stdlib::llm::openai {

struct WireSchema {
    OrderedJson schema;
    bool is_wrapped = false;  // the root was no object: it is the member "value"
};

WireSchema wire_schema(const OrderedJson& schema);

// The result out of a reply: unwrapped, with null members (absent optional ones) left out.
OrderedJson unwrap(OrderedJson reply, bool is_wrapped);

}  // namespace weft::stdlib::llm::openai
