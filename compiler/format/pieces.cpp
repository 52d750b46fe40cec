#include "compiler/format/pieces.h"

#include <algorithm>
#include <map>
#include <span>
#include <utility>

#include "compiler/format/spacing.h"
#include "grammar/comments.h"
#include "grammar/scan.h"

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

bool is_leaf_text(NodeKind kind) {
    return kind == NodeKind::Text || kind == NodeKind::TextBlock || kind == NodeKind::Regex ||
           kind == NodeKind::Money;
}

// Clauses on lines of their own below the statement's first.
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

class Maker {
  public:
    explicit Maker(const Tree& tree) : tree_(tree), text_(tree.text()) {
        collect(tree.root());
        attach_comments();
    }

    std::vector<Piece> make() {
        NodeKind previous = NodeKind::Module;
        for (NodeId id : tree_.children(tree_.root())) {
            NodeKind kind = tree_[id].kind;
            bool apart = previous != NodeKind::Module &&
                         !(stays_on_one_line(kind) && stays_on_one_line(previous));
            item(id, apart || (previous != NodeKind::Module && kind != previous));
            previous = kind;
        }
        for (const Comment& comment : last_) own_line(comment, false);
        return std::move(pieces_);
    }

  private:
    // --- tokens in the order of the source

    struct Part {
        NodeId child;  // or a token of the node's own
        Token token;
    };

    std::vector<Part> parts(NodeId id) const {
        std::vector<Part> out;
        const Node& node = tree_[id];
        std::uint32_t at = node.begin;
        auto tokens_until = [&](std::uint32_t end) {
            while (true) {
                at = scan::skip_trivia(text_, at);
                if (at >= end) return;
                std::uint32_t stop = std::min(end, scan::token(text_, at));
                out.push_back({NodeId{}, {text_.substr(at, stop - at), node.kind, at}});
                at = stop;
            }
        };
        if (is_leaf_text(node.kind) || node.subtree == 1) {
            // Without children: the node is one token, or only words of its own.
            if (is_leaf_text(node.kind) || category(node.kind) == NodeCategory::Expr ||
                node.kind == NodeKind::Name || node.kind == NodeKind::Word) {
                bool made_of_tokens = node.kind == NodeKind::List || node.kind == NodeKind::Map;
                if (!made_of_tokens) {
                    if (node.end > node.begin) {
                        out.push_back({NodeId{}, {tree_.text(id), node.kind, node.begin}});
                    }
                    return out;
                }
            }
        }
        for (NodeId child : tree_.children(id)) {
            tokens_until(tree_[child].begin);
            out.push_back({child, {}});
            at = std::max(at, tree_[child].end);
        }
        tokens_until(node.end);
        return out;
    }

    void collect(NodeId id) {
        for (const Part& part : parts(id)) {
            if (part.child.has_value()) {
                collect(part.child);
            } else {
                begins_.push_back(part.token.begin);
            }
        }
    }

    // A comment at a line's end goes with the token before it, one on its own line with the next.
    void attach_comments() {
        for (const Comment& comment : find_comments(tree_)) {
            auto next = std::ranges::lower_bound(begins_, comment.begin);
            if (!comment.own_line && next != begins_.begin()) {
                trailing_.emplace(*std::prev(next), comment);
            } else if (next == begins_.end()) {
                last_.push_back(comment);
            } else {
                leading_[*next].push_back(comment);
            }
        }
    }

    // --- pieces

    void add(PieceKind kind, std::uint32_t depth) {
        Piece piece;
        piece.kind = kind;
        piece.depth = depth;
        pieces_.push_back(std::move(piece));
    }

    void line(std::uint32_t depth) {
        add(PieceKind::Line, depth);
        fresh_ = true;
    }

    void align(AlignKind kind) {
        Piece piece;
        piece.kind = PieceKind::Align;
        piece.align = kind;
        pieces_.push_back(std::move(piece));
    }

    // The next token stands in the column of its neighbours.
    void align_next(AlignKind kind) {
        add(PieceKind::Space, depth_);
        align(kind);
        fresh_ = true;
    }

    std::string comment_text(const Comment& comment) const {
        auto out = text_.substr(comment.begin, comment.end - comment.begin);
        return std::string(out.substr(0, out.find_last_not_of(" \t\r") + 1));
    }

    bool blank_before(std::uint32_t offset) const {
        std::uint32_t begin = scan::line_begin(text_, offset);
        if (begin == 0) return false;
        std::uint32_t above = scan::line_begin(text_, begin - 1);
        return above < begin && scan::skip_blanks(text_, above) + 1 >= begin;
    }

    void own_line(const Comment& comment, bool first) {
        if (!first && blank_before(comment.begin)) add(PieceKind::Blank, 0);
        line(depth_);
        Piece piece;
        piece.text = comment_text(comment);
        pieces_.push_back(std::move(piece));
    }

    // The comments before a token, each on its own line; the token's line comes after them.
    void leading(std::uint32_t token, bool first, bool apart) {
        auto found = leading_.find(token);
        if (found != leading_.end()) {
            for (const Comment& comment : found->second) {
                if (apart) add(PieceKind::Blank, 0);
                own_line(comment, first);
                first = false;
                apart = comment.kind == CommentKind::ModuleDoc && &comment == &found->second.back();
            }
            leading_.erase(found);
        }
        if (apart || (!first && blank_before(token))) add(PieceKind::Blank, 0);
    }

    void word(const Token& token) {
        if (leading_.contains(token.begin)) {
            ++depth_;
            leading(token.begin, true, false);
            line(depth_);
            --depth_;
        }
        if (!fresh_ && !pieces_.empty()) space(token);
        fresh_ = false;
        Piece piece;
        piece.text = std::string(token.text);
        if (token.owner == NodeKind::Money) {
            auto blank = piece.text.find_first_of(" \t");
            piece.text = piece.text.substr(0, blank) + " " +
                         piece.text.substr(piece.text.find_last_of(" \t") + 1);
        }
        set_fence(piece, token);
        pieces_.push_back(std::move(piece));
        previous_ = token;
        if (worker_clause_) align_next(AlignKind::WorkerClause);
        worker_clause_ = false;
        auto found = trailing_.find(token.begin);
        if (found != trailing_.end()) {
            add(PieceKind::Comment, depth_ + 1);
            pieces_.back().text = comment_text(found->second);
        }
    }

    void space(const Token& token) {
        if (soft_) {
            add(PieceKind::SoftSpace, depth_);
        } else if (space_between(previous_, token)) {
            add(PieceKind::Space, depth_);
        }
        soft_ = false;
    }

    // A text block moves with its fence, unless a hole in it runs over a line end.
    void set_fence(Piece& piece, const Token& token) const {
        if (token.owner != NodeKind::TextBlock) return;
        auto last = token.text.rfind('\n');
        if (last == std::string_view::npos) return;
        auto before = token.text.substr(last + 1, token.text.size() - last - 4);
        if (before.find_first_not_of(" \t") != std::string_view::npos) return;
        if (token.text.substr(0, token.text.find('\n')).find_last_not_of("#\"\r") !=
            std::string_view::npos) {
            return;
        }
        if (runs_over(token)) return;
        piece.verbatim = false;
        piece.fence = static_cast<std::uint32_t>(before.size());
    }

    bool runs_over(const Token& token) const {
        auto end = token.begin + static_cast<std::uint32_t>(token.text.size());
        for (const Node& node : tree_.nodes()) {
            if (node.begin < token.begin || node.end > end || node.kind != NodeKind::Hole) continue;
            auto hole = text_.substr(node.begin, node.end - node.begin);
            if (hole.find('\n') != std::string_view::npos) return true;
        }
        return false;
    }

    std::uint32_t first_token(NodeId id) const {
        auto found = std::ranges::lower_bound(begins_, tree_[id].begin);
        return found == begins_.end() ? tree_[id].begin : *found;
    }

    void item(NodeId id, bool apart) {
        bool first = pieces_.empty() || first_in_block_;
        first_in_block_ = false;
        leading(first_token(id), first, apart);
        line(depth_);
        node(id);
    }

    void node(NodeId id) {
        NodeKind kind = tree_[id].kind;
        std::vector<Part> all = parts(id);
        bool in_braces = false;
        bool clauses_done = false;
        bool fn_body = false;
        for (std::size_t i = 0; i < all.size(); ++i) {
            const Part& part = all[i];
            if (part.child.has_value()) {
                NodeKind child = tree_[part.child].kind;
                if (in_braces) {
                    item(part.child, false);
                } else if (has_clause_lines(kind) && category(child) == NodeCategory::Clause &&
                           !(kind == NodeKind::Review &&
                             (child == NodeKind::Within || child == NodeKind::Until))) {
                    if (!clauses_done) clauses(id);
                    clauses_done = true;
                } else {
                    before_child(id, kind, part.child, clauses_done);
                    node(part.child);
                }
                continue;
            }
            if (id == required_ && is_comparison(id)) align_next(AlignKind::Require);
            fn_body |= own_token(kind, all, i, in_braces);
        }
        if (fn_body) {
            add(PieceKind::Close, depth_);
            --depth_;
        }
    }

    bool is_comparison(NodeId id) const {
        const Node& node = tree_[id];
        auto op = static_cast<Operator>(node.aux);
        return node.kind == NodeKind::Binary && op >= Operator::Equal && op <= Operator::In;
    }

    // Returns true when it opened the group of a function's body.
    bool own_token(NodeKind kind, const std::vector<Part>& all, std::size_t i, bool& in_braces) {
        const Token& token = all[i].token;
        bool opens =
            token.text == "(" || token.text == "[" || (token.text == "{" && kind == NodeKind::Map);
        bool closes =
            token.text == ")" || token.text == "]" || (token.text == "}" && kind == NodeKind::Map);
        bool last = i + 1 < all.size() && !all[i + 1].child.has_value();
        if (token.text == "{" && has_braced_lines(kind)) {
            word(token);
            in_braces = true;
            first_in_block_ = true;
            ++depth_;
        } else if (token.text == "}" && has_braced_lines(kind)) {
            bool empty = previous_.text == "{" && previous_.owner == kind &&
                         !leading_.contains(token.begin) && !ends_in_comment();
            leading(token.begin, true, false);
            --depth_;
            in_braces = first_in_block_ = false;
            if (empty) {
                fresh_ = true;
            } else {
                line(depth_);
            }
            word(token);
        } else if (opens) {
            word(token);
            add(PieceKind::Open, depth_);
            ++depth_;
            add(PieceKind::Soft, depth_);
            fresh_ = true;
        } else if (closes) {
            close(token);
        } else if (token.text == "," && last && is_closer(all[i + 1].token)) {
            drop(token);
        } else {
            word(token);
            soft_ = token.text == "," && in_brackets(kind);
            if (kind == NodeKind::Fn && token.text == "=") {
                add(PieceKind::Open, depth_);
                ++depth_;
                soft_ = true;
                return true;
            }
        }
        return false;
    }

    static bool is_closer(const Token& token) {
        return token.text == ")" || token.text == "]" || token.text == "}";
    }

    // Commas of these stand inside their brackets.
    static bool in_brackets(NodeKind kind) {
        switch (kind) {
            case NodeKind::Call:
            case NodeKind::List:
            case NodeKind::Map:
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

    void close(const Token& token) {
        leading_comments_in_group(token);
        --depth_;
        soft_ = false;
        add(PieceKind::Soft, depth_);
        add(PieceKind::Close, depth_);
        fresh_ = true;
        word(token);
    }

    void leading_comments_in_group(const Token& token) {
        auto found = leading_.find(token.begin);
        if (found == leading_.end()) return;
        for (const Comment& comment : found->second) own_line(comment, true);
        leading_.erase(found);
    }

    // A comma before a closing bracket goes; its comments stay.
    void drop(const Token& token) {
        auto found = trailing_.find(token.begin);
        if (found == trailing_.end()) return;
        add(PieceKind::Comment, depth_);
        pieces_.back().text = comment_text(found->second);
    }

    bool ends_in_comment() const {
        return !pieces_.empty() && pieces_.back().kind == PieceKind::Comment;
    }

    void clauses(NodeId id) {
        NodeKind kind = tree_[id].kind;
        std::vector<NodeId> found;
        for (NodeId child : tree_.children(id)) {
            bool deadline =
                tree_[child].kind == NodeKind::Within || tree_[child].kind == NodeKind::Until;
            if (category(tree_[child].kind) != NodeCategory::Clause) continue;
            if (kind == NodeKind::Review && deadline) continue;
            found.push_back(child);
        }
        std::span<const NodeKind> order = kStepOrder;
        if (kind == NodeKind::Worker) order = kWorkerOrder;
        if (kind == NodeKind::Workflow) order = kWorkflowOrder;
        if (kind != NodeKind::Review) {
            // Those of one kind stay in the order of the source.
            std::ranges::sort(found, {}, [&](NodeId clause) {
                auto rank = std::ranges::find(order, tree_[clause].kind) - order.begin();
                return std::pair(rank, clause.index);
            });
        }
        ++depth_;
        for (NodeId clause : found) {
            leading(first_token(clause), true, false);
            line(depth_);
            if (kind == NodeKind::Worker) worker_clause_ = true;
            node(clause);
        }
        --depth_;
    }

    void before_child(NodeId parent, NodeKind kind, NodeId child, bool clauses_done) {
        NodeKind what = tree_[child].kind;
        if (kind == NodeKind::Workflow && what == NodeKind::Block && clauses_done) line(depth_);
        if (kind == NodeKind::Mock && what != NodeKind::MockTarget) align_mock(parent, child);
        if (kind == NodeKind::Require) required_ = child;
        if (kind == NodeKind::Field && category(what) == NodeCategory::Type) {
            align_next(AlignKind::Field);
        }
    }

    void align_mock(NodeId mock, NodeId action) {
        std::size_t targets = 0;
        bool first_action = false;
        for (NodeId child : tree_.children(mock)) {
            if (tree_[child].kind == NodeKind::MockTarget) {
                ++targets;
            } else {
                first_action = child == action;
                break;
            }
        }
        if (targets != 1 || !first_action) return;
        align_next(AlignKind::Mock);
    }

    const Tree& tree_;
    std::string_view text_;
    std::vector<std::uint32_t> begins_;
    std::map<std::uint32_t, std::vector<Comment>> leading_;
    std::map<std::uint32_t, Comment> trailing_;
    std::vector<Comment> last_;
    std::vector<Piece> pieces_;
    Token previous_;
    std::uint32_t depth_ = 0;
    bool fresh_ = true;
    bool soft_ = false;
    bool first_in_block_ = false;
    bool worker_clause_ = false;
    NodeId required_;
};

}  // namespace

std::vector<Piece> make_pieces(const Tree& tree) {
    return Maker(tree).make();
}

}  // namespace weft::format_detail
