// Questions made from topics, and topics out of questions. Words only; knows no material.
#pragma once

#include <string>
#include <string_view>

namespace weft::stdlib::llm::offline {

// A question that asks for the topic and holds its words. A question comes back as it is. A first
// word that is a name keeps its capital.
std::string question_about(std::string_view topic, bool begins_with_name = false);

// The words a question asks about, without the frame that question_about puts around a topic.
std::string subject_of(std::string_view question);

bool is_question(std::string_view text);

// For the middle of a sentence: "Refund period" → "refund period"; names and acronyms stay.
std::string lower_first(std::string_view phrase);

}  // namespace weft::stdlib::llm::offline
