// Which values are one and the same: values are shared and never changed, so what stands in several
// places can be written, or worked out, once. It decides nothing that a run does.
#pragma once

#include "value/value.h"

namespace weft::vm {

// Where the content lies; null for a value that is not shared (numbers and the like). Holds as long
// as any copy of the value lives.
inline const void* identity(const Value& value) {
    switch (value.tag()) {
        case Tag::Text:
        case Tag::Bytes:
            return &value.as_text();
        case Tag::List:
        case Tag::Record:
            return &value.items();
        case Tag::Case:
            return &value.as_case();
        case Tag::Map:
            return &value.entries();
        default:
            return nullptr;
    }
}

}  // namespace weft::vm
