#include "compiler/format/shape.h"

namespace weft::format_detail {

namespace {

constexpr NodeKind kWorkerOrder[] = {NodeKind::Effect,  NodeKind::Probe, NodeKind::Fails,
                                     NodeKind::Timeout, NodeKind::Retry, NodeKind::Breaker,
                                     NodeKind::Limit,   NodeKind::Costs};
constexpr NodeKind kWorkflowOrder[] = {NodeKind::Within,  NodeKind::Until, NodeKind::Costing,
                                       NodeKind::Retain,  NodeKind::Key,   NodeKind::Subject,
                                       NodeKind::Timeout, NodeKind::Retry, NodeKind::StrictOrder};
constexpr NodeKind kStepOrder[] = {NodeKind::When,   NodeKind::Key,   NodeKind::Timeout,
                                   NodeKind::Within, NodeKind::Until, NodeKind::Retry,
                                   NodeKind::Cache,  NodeKind::On,    NodeKind::Compensate};

}  // namespace

bool is_leaf_text(NodeKind kind) {
    return kind == NodeKind::Text || kind == NodeKind::TextBlock || kind == NodeKind::Regex ||
           kind == NodeKind::Money;
}

bool has_clause_lines(NodeKind kind) {
    return kind == NodeKind::Step || kind == NodeKind::Worker || kind == NodeKind::Workflow ||
           kind == NodeKind::Review;
}

bool has_braced_lines(NodeKind kind) {
    switch (kind) {
        case NodeKind::Block:
        case NodeKind::Record:
        case NodeKind::ErrorDecl:
        case NodeKind::Enum:
        case NodeKind::Prompt:
        case NodeKind::Gate:
        case NodeKind::Match:
        case NodeKind::Wait:
            return true;
        default:
            return false;
    }
}

bool stays_on_one_line(NodeKind kind) {
    return kind == NodeKind::Use || kind == NodeKind::TypeAlias || kind == NodeKind::Const;
}

bool has_argument_list(NodeKind kind) {
    switch (kind) {
        case NodeKind::Call:
        case NodeKind::Worker:
        case NodeKind::Workflow:
        case NodeKind::Fn:
        case NodeKind::Prompt:
        case NodeKind::Case:
        case NodeKind::Emit:
        case NodeKind::Send:
            return true;
        default:
            return false;
    }
}

std::span<const NodeKind> clause_order(NodeKind owner) {
    switch (owner) {
        case NodeKind::Worker:
            return kWorkerOrder;
        case NodeKind::Workflow:
            return kWorkflowOrder;
        case NodeKind::Step:
            return kStepOrder;
        default:
            return {};
    }
}

}  // namespace weft::format_detail
