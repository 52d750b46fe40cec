// XML parts of Office packages, by pugixml. Names are compared without their prefix, so that the
// strict and the transitional namespaces are one. Document types, and with them entities, are
// refused.
#pragma once

#include <pugixml.hpp>
#include <string>
#include <string_view>

#include "helper/docs/document.h"
#include "helper/docs/package.h"

namespace weft::helper {

inline std::string_view local_name(std::string_view name) {
    const std::size_t colon = name.find(':');
    return colon == std::string_view::npos ? name : name.substr(colon + 1);
}

inline bool is_named(pugi::xml_node node, std::string_view name) {
    return local_name(node.name()) == name;
}

pugi::xml_node child_of(pugi::xml_node node, std::string_view name);
std::string_view attribute_of(pugi::xml_node node, std::string_view name);

// The document is never destroyed: pugixml frees by recursion over depth, and the process is short.
// A part that isn't there gives an empty document.
Parsed<pugi::xml_node> read_xml(Package& package, const std::string& part);

}  // namespace weft::helper
