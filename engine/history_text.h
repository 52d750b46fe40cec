// Small texts that the files of Historian share.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "value/value.h"

namespace weft::engine {

// "90 s", "1.5 s", "3 h": the largest unit that keeps two digits, for people.
std::string duration_text(std::int64_t ms);
// Fields of a payload that is a record; else none.
std::vector<Value> payload_fields(const std::string& payload);
std::string text_field(const std::vector<Value>& fields, std::size_t i);
// Of somebody; also when it was erased.
std::string name_field(const std::vector<Value>& fields, std::size_t i);

// A long text is cut off, with a sign that it was.
std::string shortened(std::string text);

}  // namespace weft::engine
