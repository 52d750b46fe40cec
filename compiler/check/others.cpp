#include "compiler/check/others.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace weft::check {

namespace {

struct Row {
    std::string_view what;
    std::string_view other;
    std::string_view help;
    std::string_view write;
};

constexpr std::array kRows = {
    Row{"type", "Optional", "a type that may be none ends in `?`: `Text?`", ""},
    Row{"type", "Option", "a type that may be none ends in `?`: `Text?`", ""},
    Row{"type", "Maybe", "a type that may be none ends in `?`: `Text?`", ""},
    Row{"type", "Void", "what gives nothing has no `-> …`", ""},
    Row{"type", "void", "what gives nothing has no `-> …`", ""},
    Row{"type", "Unit", "what gives nothing has no `-> …`", ""},
    Row{"type", "None", "what gives nothing has no `-> …`", ""},
    Row{"type", "Nothing", "what gives nothing has no `-> …`", ""},
    Row{"type", "Tuple", "several values are the fields of a `record`", ""},
    Row{"type", "Result",
        "an error is no part of a type: a worker `fails` with it, and `on` takes it", ""},
    Row{"type", "Promise", "a step waits for its worker, so a type is that of the value itself",
        ""},
    Row{"type", "Future", "a step waits for its worker, so a type is that of the value itself", ""},
    Row{"value", "break", "`done value` leaves a repeat", ""},
    Row{"value", "continue", "`next value` begins another pass of a repeat", ""},
    Row{"value", "end", "a block ends with `}`", ""},
    Row{"value", "pass", "a block may be empty", ""},
    Row{"value", "now", "no expression reads a clock: `this_run.started_at` is when the run began",
        ""},
    Row{"value", "self", "fields are read from the value that has them: `order.id`", ""},
    Row{"value", "this",
        "fields are read from the value that has them: `order.id`; the run itself is `this_run`",
        ""},
    Row{"value", "succeeded", "a run that came to its end is `completed`", "completed"},
    Row{"value", "success", "a run that came to its end is `completed`", "completed"},
    Row{"value", "successful", "a run that came to its end is `completed`", "completed"},
    Row{"value", "finished", "a run that came to its end is `completed`", "completed"},
    Row{"value", "canceled", "it is written `cancelled`", "cancelled"},
    Row{"record, case or error", "None", "the absent value is `none`", "none"},
    Row{"record, case or error", "Null", "the absent value is `none`", "none"},
    Row{"record, case or error", "True", "it is written `true`", "true"},
    Row{"record, case or error", "False", "it is written `false`", "false"},
    Row{"record, case or error", "Some", "a value that may be none holds its value as it is", ""},
    Row{"record, case or error", "Exception",
        "`fail \"why\"` raises the error `Failed`; an error of its own is declared: `error Name { "
        "… }`",
        ""},
    Row{"record, case or error", "Error",
        "`fail \"why\"` raises the error `Failed`; an error of its own is declared: `error Name { "
        "… }`",
        ""},
    Row{"function", "len", "`length(text)` of a text, `count(list)` of a list", ""},
    Row{"function", "size", "`length(text)` of a text, `count(list)` of a list", ""},
    Row{"function", "str", "a text has holes: `\"${value}\"`", ""},
    Row{"function", "string", "a text has holes: `\"${value}\"`", ""},
    Row{"function", "to_string", "a text has holes: `\"${value}\"`", ""},
    Row{"function", "toString", "a text has holes: `\"${value}\"`", ""},
    Row{"function", "format", "a text has holes: `\"${value}\"`", ""},
    Row{"function", "sprintf", "a text has holes: `\"${value}\"`", ""},
    Row{"function", "printf", "a text has holes: `\"${value}\"`", ""},
    Row{"function", "int", "`Int.from(text)` gives an `Int?`", ""},
    Row{"function", "parse_int", "`Int.from(text)` gives an `Int?`", ""},
    Row{"function", "parseInt", "`Int.from(text)` gives an `Int?`", ""},
    Row{"function", "to_int", "`Int.from(text)` gives an `Int?`", ""},
    Row{"function", "toInt", "`Int.from(text)` gives an `Int?`", ""},
    Row{"function", "float", "`Decimal.from(text)` gives a `Decimal?`", ""},
    Row{"function", "decimal", "`Decimal.from(text)` gives a `Decimal?`", ""},
    Row{"function", "parse_float", "`Decimal.from(text)` gives a `Decimal?`", ""},
    Row{"function", "parseFloat", "`Decimal.from(text)` gives a `Decimal?`", ""},
    Row{"function", "to_float", "`Decimal.from(text)` gives a `Decimal?`", ""},
    Row{"function", "print", "what others are to know is an event: `emit noted(value)`", ""},
    Row{"function", "println", "what others are to know is an event: `emit noted(value)`", ""},
    Row{"function", "log", "what others are to know is an event: `emit noted(value)`", ""},
    Row{"function", "echo", "what others are to know is an event: `emit noted(value)`", ""},
    Row{"function", "puts", "what others are to know is an event: `emit noted(value)`", ""},
    Row{"function", "now",
        "no expression reads a clock: `this_run.started_at` is when the run began, and a worker "
        "may tell the time",
        ""},
    Row{"function", "today",
        "no expression reads a clock: `this_run.started_at` is when the run began, and a worker "
        "may tell the time",
        ""},
    Row{"function", "current_time",
        "no expression reads a clock: `this_run.started_at` is when the run began, and a worker "
        "may tell the time",
        ""},
    Row{"function", "timestamp",
        "no expression reads a clock: `this_run.started_at` is when the run began, and a worker "
        "may tell the time",
        ""},
    Row{"function", "random",
        "no expression is random: a worker may draw, and `this_run.id` is one of its kind", ""},
    Row{"function", "rand",
        "no expression is random: a worker may draw, and `this_run.id` is one of its kind", ""},
    Row{"function", "uuid",
        "no expression is random: a worker may draw, and `this_run.id` is one of its kind", ""},
    Row{"function", "uuid4",
        "no expression is random: a worker may draw, and `this_run.id` is one of its kind", ""},
    Row{"function", "new_uuid",
        "no expression is random: a worker may draw, and `this_run.id` is one of its kind", ""},
    Row{"function", "env",
        "no expression reads its surroundings: take it as a parameter of the workflow", ""},
    Row{"function", "getenv",
        "no expression reads its surroundings: take it as a parameter of the workflow", ""},
    Row{"function", "input",
        "no expression reads its surroundings: take it as a parameter of the workflow", ""},
    Row{"function", "contains", "`x in list`, `part in text`, `key in map`", ""},
    Row{"function", "includes", "`x in list`, `part in text`, `key in map`", ""},
    Row{"function", "has", "`x in list`, `part in text`, `key in map`", ""},
    Row{"function", "append", "`concat(list, [x])` gives the longer list", ""},
    Row{"function", "push", "`concat(list, [x])` gives the longer list", ""},
    Row{"function", "add", "`concat(list, [x])` gives the longer list", ""},
    Row{"function", "range",
        "a list is written out, `[1, 2, 3]`; `repeat n = 1, up to 10 times { … }` counts", ""},
    Row{"function", "strip", "Weft calls it `trim`", "trim"},
    Row{"function", "lowercase", "Weft calls it `lower`", "lower"},
    Row{"function", "to_lower", "Weft calls it `lower`", "lower"},
    Row{"function", "toLowerCase", "Weft calls it `lower`", "lower"},
    Row{"function", "uppercase", "Weft calls it `upper`", "upper"},
    Row{"function", "to_upper", "Weft calls it `upper`", "upper"},
    Row{"function", "toUpperCase", "Weft calls it `upper`", "upper"},
    Row{"function", "substring", "Weft calls it `slice`", "slice"},
    Row{"function", "substr", "Weft calls it `slice`", "slice"},
    Row{"function", "reduce", "Weft calls it `fold`", "fold"},
    Row{"function", "flatten", "Weft calls it `flat_map`", "flat_map"},
    Row{"function", "flatMap", "Weft calls it `flat_map`", "flat_map"},
    Row{"function", "bind", "Weft calls it `flat_map`", "flat_map"},
    Row{"function", "unique", "Weft calls it `distinct`", "distinct"},
    Row{"function", "uniq", "Weft calls it `distinct`", "distinct"},
    Row{"function", "dedup", "Weft calls it `distinct`", "distinct"},
    Row{"function", "avg", "Weft calls it `average`", "average"},
    Row{"function", "mean", "Weft calls it `average`", "average"},
    Row{"function", "some", "Weft calls it `any`", "any"},
    Row{"function", "exists", "Weft calls it `any`", "any"},
    Row{"function", "every", "Weft calls it `all`", "all"},
    Row{"function", "sort", "`sort_by(list, x => x)`", ""},
    Row{"function", "sorted", "`sort_by(list, x => x)`", ""},
    Row{"function", "order_by", "`sort_by(list, x => x)`", ""},
    Row{"function", "sortBy", "`sort_by(list, x => x)`", ""},
    Row{"function", "find", "`first(filter(list, x => …))` gives the first one, or none", ""},
    Row{"function", "zip", "`indexed(list)` gives each value with its place", ""},
    Row{"function", "enumerate", "`indexed(list)` gives each value with its place", ""},
    Row{"function", "groupBy", "Weft calls it `group_by`", "group_by"},
    Row{"function", "floor", "`round(x, 0)` rounds half even; `div` is whole toward zero", ""},
    Row{"function", "ceil", "`round(x, 0)` rounds half even; `div` is whole toward zero", ""},
    Row{"function", "ceiling", "`round(x, 0)` rounds half even; `div` is whole toward zero", ""},
    Row{"function", "is_none", "`x == none`", ""},
    Row{"function", "isNull", "`x == none`", ""},
    Row{"function", "is_null", "`x == none`", ""},
    Row{"type", "String", "Weft calls it `Text`", "Text"},
    Row{"type", "string", "Weft calls it `Text`", "Text"},
    Row{"type", "str", "Weft calls it `Text`", "Text"},
    Row{"type", "Str", "Weft calls it `Text`", "Text"},
    Row{"type", "Char", "Weft calls it `Text`", "Text"},
    Row{"type", "UUID", "Weft calls it `Text`", "Text"},
    Row{"type", "Uuid", "Weft calls it `Text`", "Text"},
    Row{"type", "Float", "Weft calls it `Decimal`", "Decimal"},
    Row{"type", "float", "Weft calls it `Decimal`", "Decimal"},
    Row{"type", "Double", "Weft calls it `Decimal`", "Decimal"},
    Row{"type", "double", "Weft calls it `Decimal`", "Decimal"},
    Row{"type", "Number", "Weft calls it `Decimal`", "Decimal"},
    Row{"type", "number", "Weft calls it `Decimal`", "Decimal"},
    Row{"type", "Real", "Weft calls it `Decimal`", "Decimal"},
    Row{"type", "Integer", "Weft calls it `Int`", "Int"},
    Row{"type", "integer", "Weft calls it `Int`", "Int"},
    Row{"type", "int", "Weft calls it `Int`", "Int"},
    Row{"type", "Long", "Weft calls it `Int`", "Int"},
    Row{"type", "Boolean", "Weft calls it `Bool`", "Bool"},
    Row{"type", "boolean", "Weft calls it `Bool`", "Bool"},
    Row{"type", "bool", "Weft calls it `Bool`", "Bool"},
    Row{"type", "DateTime", "Weft calls it `Time`", "Time"},
    Row{"type", "Datetime", "Weft calls it `Time`", "Time"},
    Row{"type", "Timestamp", "Weft calls it `Time`", "Time"},
    Row{"type", "Instant", "Weft calls it `Time`", "Time"},
    Row{"type", "Array", "Weft calls it `List`", "List"},
    Row{"type", "Vec", "Weft calls it `List`", "List"},
    Row{"type", "Sequence", "Weft calls it `List`", "List"},
    Row{"type", "Set", "Weft calls it `List`", "List"},
    Row{"type", "Dict", "Weft calls it `Map`", "Map"},
    Row{"type", "Object", "Weft calls it `Json`", "Json"},
    Row{"type", "Any", "Weft calls it `Json`", "Json"},
    Row{"type", "Interval", "Weft calls it `Duration`", "Duration"},
    Row{"type", "Timedelta", "Weft calls it `Duration`", "Duration"},
    Row{"type", "TimeSpan", "Weft calls it `Duration`", "Duration"},
};

// Functions that take one value, and go by these names as methods, too.
constexpr std::array<std::string_view, 21> kOfOneValue = {
    "length", "count",   "is_empty", "first", "last",  "reverse", "distinct",
    "sum",    "average", "min",      "max",   "keys",  "values",  "errors",
    "lower",  "upper",   "trim",     "abs",   "round", "indexed", "concat"};

}  // namespace

OtherWord word_of_others(std::string_view what, std::string_view name) {
    const auto row = std::ranges::find_if(
        kRows, [&](const Row& r) { return r.what == what && r.other == name; });
    return row == kRows.end() ? OtherWord{} : OtherWord{std::string(row->help), row->write};
}

std::string function_for_method(std::string_view value, std::string_view method) {
    if (std::ranges::find(kOfOneValue, method) != kOfOneValue.end()) {
        return fmt::format("a function stands before its value: `{}({})`", method, value);
    }
    constexpr std::array<std::string_view, 14> kOfMore = {
        "map",  "filter",   "any",  "all",   "share",   "sort_by", "group_by",
        "fold", "flat_map", "join", "split", "replace", "slice",   "starts_with"};
    if (std::ranges::find(kOfMore, method) != kOfMore.end()) {
        return fmt::format("a function stands before its values: `{}({}, …)`", method, value);
    }
    return word_of_others("function", method).help;
}

}  // namespace weft::check
