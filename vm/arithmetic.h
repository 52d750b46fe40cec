// Operators on values. The tags decide what an operator does; what no operator is defined for is a
// Trap, so a hostile image gets an error and nothing else.
#pragma once

#include "bytecode/image.h"
#include "value/value.h"
#include "vm/error_value.h"

namespace weft::vm {

// add … remainder
Checked<Value> arithmetic(Opcode op, const Value& a, const Value& b);
Checked<Value> negate(const Value& a);
Checked<Value> absolute(const Value& a);

// Int and Decimal as a Decimal, nothing for others.
std::optional<Decimal> number(const Value& value);

// Order of two values of one type that has an order: negative, zero, positive.
Checked<int> order(const Value& a, const Value& b);
Checked<Value> comparison(Opcode op, const Value& a, const Value& b);
Checked<Value> contains(const Value& item, const Value& whole);

}  // namespace weft::vm
