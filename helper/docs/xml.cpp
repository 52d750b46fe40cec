#include "helper/docs/xml.h"

#include <memory>

namespace weft::helper {
namespace {

// Deeper than any real document; the walk over the body has its own, lower bound.
constexpr int kXmlDepthMax = 1'000;

struct DepthProbe : pugi::xml_tree_walker {
    bool for_each(pugi::xml_node&) override { return depth() < kXmlDepthMax; }
};

}  // namespace

pugi::xml_node child_of(pugi::xml_node node, std::string_view name) {
    for (const auto child : node.children()) {
        if (is_named(child, name)) return child;
    }
    return {};
}

std::string_view attribute_of(pugi::xml_node node, std::string_view name) {
    for (const auto attribute : node.attributes()) {
        if (local_name(attribute.name()) == name) return attribute.value();
    }
    return {};
}

Parsed<pugi::xml_node> read_xml(Package& package, const std::string& part) {
    const auto bytes = package.read(part);
    if (!bytes) return std::unexpected(bytes.error());
    auto* document = std::make_unique<pugi::xml_document>().release();
    if (bytes->empty()) return *document;
    // White space counts: <w:t xml:space="preserve"> </w:t> is a space.
    constexpr unsigned kOptions =
        pugi::parse_default | pugi::parse_ws_pcdata_single | pugi::parse_doctype;
    if (!document->load_buffer(bytes->data(), bytes->size(), kOptions)) {
        return refuse("Broken", "has a damaged part " + part);
    }
    for (const auto node : document->children()) {
        if (node.type() == pugi::node_doctype) {
            return refuse("Broken", "declares a document type in " + part + ", which is refused");
        }
    }
    DepthProbe probe;
    if (!document->traverse(probe)) {
        return refuse("Broken", "nests its elements too deeply in " + part);
    }
    return *document;
}

}  // namespace weft::helper
