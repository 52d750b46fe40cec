#include "compiler/format/pieces.h"

#include <algorithm>
#include <tuple>
#include <utility>

#include "compiler/format/shape.h"
#include "compiler/format/source_tokens.h"
#include "grammar/scan.h"

namespace weft::format_detail {

namespace {

class Maker {
  public:
    explicit Maker(const Tree& tree) : source_(tree), tree_(tree), text_(tree.text()) {}

    std::vector<Piece> make() {
        NodeKind previous = NodeKind::Module;
        for (NodeId id : tree_.children(tree_.root())) {
            NodeKind kind = tree_[id].kind;
            bool apart = previous != NodeKind::Module &&
                         !(stays_on_one_line(kind) && stays_on_one_line(previous));
            item(id, apart || (previous != NodeKind::Module && kind != previous));
            previous = kind;
        }
        for (const Comment& comment : source_.last) own_line(comment, false);
        return std::move(pieces_);
    }

  private:
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

    void own_line(const Comment& comment, bool first) {
        if (!first && source_.blank_before(comment.begin)) add(PieceKind::Blank, 0);
        line(depth_);
        Piece piece;
        piece.text = source_.comment_text(comment);
        pieces_.push_back(std::move(piece));
    }

    // The comments before a token, each on its own line; the token's line comes after them.
    void leading(std::uint32_t token, bool first, bool apart) {
        auto found = source_.leading.find(token);
        if (found != source_.leading.end()) {
            for (const Comment& comment : found->second) {
                if (apart) add(PieceKind::Blank, 0);
                own_line(comment, first);
                first = false;
                apart = comment.kind == CommentKind::ModuleDoc && &comment == &found->second.back();
            }
            source_.leading.erase(found);
        }
        if (apart || (!first && source_.blank_before(token))) add(PieceKind::Blank, 0);
    }

    void word(const Token& token) {
        if (source_.leading.contains(token.begin)) {
            // What goes on behind a block, `else`, stands where the block's first line does, and
            // what begins an item of a bracket where the others begin.
            const std::uint32_t deeper = previous_.text == "}" || begins_item() ? 0 : 1;
            depth_ += deeper;
            leading(token.begin, true, false);
            line(depth_);
            depth_ -= deeper;
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
        auto found = source_.trailing.find(token.begin);
        if (found != source_.trailing.end()) {
            add(PieceKind::Comment, depth_ + 1);
            pieces_.back().text = source_.comment_text(found->second);
        }
    }

    // Behind the bracket that opens, or a comma: there the line ends, if not for the comment. Then
    // the comment's own line takes the place of that one.
    bool begins_item() {
        const bool is_first = !pieces_.empty() && pieces_.back().kind == PieceKind::Soft;
        if (is_first) pieces_.pop_back();
        return std::exchange(soft_, false) || is_first;
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

    void item(NodeId id, bool apart) {
        bool first = pieces_.empty() || first_in_block_;
        first_in_block_ = false;
        leading(source_.first_token(id), first, apart);
        line(depth_);
        node(id);
    }

    void node(NodeId id) {
        NodeKind kind = tree_[id].kind;
        std::vector<Part> all = source_.parts(id);
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
                           !(kind == NodeKind::Review && is_deadline(part.child))) {
                    if (!clauses_done) {
                        if (kind == NodeKind::Review) deadline_first(all, i);
                        clauses(id);
                    }
                    clauses_done = true;
                } else if (kind == NodeKind::Review && clauses_done) {
                    continue;  // its deadline, which stands before the clauses
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

    // A review's time stands on its first line, wherever it was written.
    void deadline_first(const std::vector<Part>& all, std::size_t at) {
        for (; at < all.size(); ++at) {
            const NodeId child = all[at].child;
            if (child.has_value() && is_deadline(child)) node(child);
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
                         !source_.leading.contains(token.begin) && !ends_in_comment();
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
        return has_argument_list(kind) || kind == NodeKind::List || kind == NodeKind::Map;
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
        auto found = source_.leading.find(token.begin);
        if (found == source_.leading.end()) return;
        for (const Comment& comment : found->second) own_line(comment, true);
        source_.leading.erase(found);
    }

    // A comma before a closing bracket goes; its comments stay.
    void drop(const Token& token) {
        auto found = source_.trailing.find(token.begin);
        if (found == source_.trailing.end()) return;
        add(PieceKind::Comment, depth_);
        pieces_.back().text = source_.comment_text(found->second);
    }

    bool ends_in_comment() const {
        return !pieces_.empty() && pieces_.back().kind == PieceKind::Comment;
    }

    bool is_deadline(NodeId id) const {
        return tree_[id].kind == NodeKind::Within || tree_[id].kind == NodeKind::Until;
    }

    // Right behind such a review the time of its step would become its own.
    bool is_timeless_review(NodeId step) const {
        for (const NodeId body : tree_.children(step)) {
            if (tree_[body].kind != NodeKind::Review) continue;
            for (const NodeId part : tree_.children(body)) {
                if (is_deadline(part)) return false;
            }
            return true;
        }
        return false;
    }

    void clauses(NodeId id) {
        NodeKind kind = tree_[id].kind;
        std::vector<NodeId> found;
        for (NodeId child : tree_.children(id)) {
            if (category(tree_[child].kind) != NodeCategory::Clause) continue;
            if (kind == NodeKind::Review && is_deadline(child)) continue;
            found.push_back(child);
        }
        if (auto order = clause_order(kind); !order.empty()) {
            // Those of one kind stay in the order of the source.
            const bool time_last = kind == NodeKind::Step && is_timeless_review(id);
            std::ranges::sort(found, {}, [&](NodeId clause) {
                auto rank = std::ranges::find(order, tree_[clause].kind) - order.begin();
                return std::tuple(time_last && is_deadline(clause), rank, clause.index);
            });
        }
        ++depth_;
        for (NodeId clause : found) {
            leading(source_.first_token(clause), true, false);
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

    SourceTokens source_;
    const Tree& tree_;
    std::string_view text_;
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
