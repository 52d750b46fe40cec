// A piece of a program's text, made of parts that draw: `Phrase{"{} + {}", int_name(),
// int_name()}`. Between braces the parts are evaluated as they stand, whatever the compiler; the
// arguments of a function in any order, so that one seed would give other programs elsewhere.
#pragma once

#include <fmt/format.h>

#include <string>
#include <utility>

namespace weft::differential {

class Phrase {
  public:
    template <typename... Parts>
    explicit Phrase(fmt::format_string<Parts...> form, Parts&&... parts)
        : text_(fmt::format(form, std::forward<Parts>(parts)...)) {}

    operator std::string() && { return std::move(text_); }  // NOLINT(google-explicit-constructor)

  private:
    std::string text_;
};

}  // namespace weft::differential
