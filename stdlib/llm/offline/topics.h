// What a material deals with, as short phrases that a person would name, and the title
// made of them. Headings come first; phrases that return in several sentences fill up.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "stdlib/llm/offline/material.h"

namespace weft::stdlib::llm::offline {

// At most `count` topics, distinct, in order of appearance; fewer when the material has no more.
std::vector<std::string> topics_of(const Material& material, std::size_t count);

// A heading without numbers and path; empty when it says nothing ("Contents", "Introduction").
std::string topic_of_heading(std::string_view section);

// Names the documents and their topics in at most `length_max` characters.
std::string title_of(const Material& material, std::size_t length_max);

}  // namespace weft::stdlib::llm::offline
