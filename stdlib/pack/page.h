// Writes the pack as one HTML page that needs nothing else: it reads on a screen, a phone and, by
// its print style, on A4. Every text out of a document or a model is escaped; no address of any
// kind is made from one. The bytes are a function of the arguments.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "stdlib/pack/model.h"

namespace weft::stdlib::pack {

// The themes that there are, the default first.
std::vector<std::string> theme_names();

// The style sheet of a theme, or none for an unknown name.
std::optional<std::string> style_of(std::string_view theme);

// `engine` says what wrote the answers; empty: nothing is said. `style` is trusted text.
std::string write_page(const Content& content, std::string_view engine, std::string_view style);

}  // namespace weft::stdlib::pack
