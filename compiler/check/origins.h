// What a value comes of, for telling one mistake once: a field that was declared with another type
// makes every use of it wrong. Reads the IR alone.
#pragma once

#include <initializer_list>
#include <utility>

#include "compiler/check/body.h"

namespace weft::check {

// Before the place of a local name, in origins: one that a value is read from; one whose own value
// is wrong.
inline constexpr std::string_view kName = "name";
inline constexpr std::string_view kDeclared = "declared";

// Notes in the diagnostic the declarations that its values come of (follow_ups.cpp reads them).
void note_origins(const Context& context, Diagnostic& d, std::initializer_list<ir::ExprId> values);
// The same, with the declaration that wants another type.
void note_origins(const Body& body, Diagnostic& d, std::initializer_list<ir::ExprId> values);

// What comes of `value` comes of the local as well, which is another name for it.
void pass_origin(Context& context, ir::ExprId value, ir::LocalId local);

// In its scope a mismatch may come of the declaration whose type is wanted.
class Wanting {
  public:
    Wanting(Body& body, const Wanted& wanted)
        : body_(body), around_(std::exchange(body.wanted, &wanted_)), wanted_(wanted) {}
    ~Wanting() { body_.wanted = around_; }
    Wanting(const Wanting&) = delete;
    Wanting& operator=(const Wanting&) = delete;

  private:
    Body& body_;
    const Wanted* around_;
    Wanted wanted_;
};

}  // namespace weft::check
