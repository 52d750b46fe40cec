#include "compiler/check/repeated.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>

#include "compiler/check/origins.h"

namespace weft::check {

namespace {

// A name that is unknown is unknown everywhere, and a field of another type is wrong wherever it is
// used: the first place tells it, and names the others.
class Repeated {
    using Line = std::pair<FileId, std::uint32_t>;
    using Places = std::vector<Line>;
    using Keys = std::set<std::string, std::less<>>;

  public:
    explicit Repeated(const SourceSet& sources) : sources_(sources) {}

    void add(const Diagnostic& d) {
        if (!d.span.file.has_value()) return;
        const Line line{d.span.file, sources_[d.span.file].position(d.span.begin).line};
        for (const auto& key : keys_of(d)) places_[key].push_back(line);
    }
    bool is_one(const Diagnostic& d) {
        const auto* places = places_of(d);
        return places != nullptr && !seen_.insert(places).second;
    }
    void note(Diagnostic& d) const {
        const auto* places = places_of(d);
        if (places == nullptr) return;
        constexpr std::size_t kShown = 5;
        std::string lines;
        std::size_t count = 0;
        for (std::size_t i = 1; i < places->size(); ++i) {
            const auto [file, line] = (*places)[i];
            if (file != d.span.file || ++count > kShown) continue;
            lines += fmt::format("{}{}", count > 1 ? ", " : "", line);
        }
        if (count > kShown) lines += " and further ones";
        if (count == 0) return;
        d.notes.push_back(fmt::format("so on line{} {}", count > 1 ? "s" : "", lines));
    }

  private:
    [[nodiscard]] static Keys keys_of(const Diagnostic& d) {
        Keys out(d.origins.begin(), d.origins.end());
        if (auto key = key_of_message(d); !key.empty()) out.insert(std::move(key));
        return out;
    }

    // The name that the message misses, and of what; empty of other messages.
    [[nodiscard]] static std::string key_of_message(const Diagnostic& d) {
        const std::string_view message = d.message;
        const auto last = message.rfind('`');
        const auto first = last == 0 || last == std::string_view::npos
                               ? std::string_view::npos
                               : message.rfind('`', last - 1);
        if (first == std::string_view::npos) return {};
        const auto name = message.substr(first + 1, last - first - 1);
        if (d.code == DiagnosticCode::ArgumentMismatch) {
            const auto of = message.substr(1, message.find('`', 1) - 1);
            if (message.find("` has no parameter `") != std::string_view::npos) {
                return fmt::format("field {} {}", of, name);
            }
            // A record's literals lack what was added to it; each call is its own.
            const bool is_record = !of.empty() && of[0] >= 'A' && of[0] <= 'Z';
            const bool lacks = message.find("` lacks `") != std::string_view::npos;
            return is_record && lacks ? d.message : std::string();
        }
        constexpr std::string_view kBegin = "there is no ";
        if (d.code != DiagnosticCode::UnknownName || !message.starts_with(kBegin)) return {};
        const auto what = message.substr(kBegin.size(), first - kBegin.size());
        constexpr std::string_view kField = "field of ";
        if (what == "field of Error ") return {};  // of whichever was taken
        if (what.starts_with(kField)) {
            return fmt::format("field {}{}", what.substr(kField.size()), name);
        }
        // What a file declares, or should.
        constexpr std::array<std::string_view, 8> kDeclared = {
            "value ", "function ", "worker ", "workflow ",
            "type ",  "error ",    "signal ", "record, case or error "};
        if (std::ranges::find(kDeclared, what) == kDeclared.end()) return {};
        return fmt::format("unknown {} {}", d.span.file.index, name);
    }

    // Two uses of a local name may be two mistakes, unless what it was given is wrong as well.
    [[nodiscard]] bool is_sure(std::string_view key) const {
        if (!key.starts_with(kName) || !key.substr(kName.size()).starts_with(' ')) return true;
        return places_.contains(fmt::format("{}{}", kDeclared, key.substr(kName.size())));
    }

    // Where the mistake is seen of which the message tells; null when nowhere else.
    [[nodiscard]] const Places* places_of(const Diagnostic& d) const {
        const Places* best = nullptr;
        if (!d.span.file.has_value()) return best;
        for (const auto& key : keys_of(d)) {
            const auto& places = places_.find(key)->second;
            if (!is_sure(key)) continue;
            if (places.size() > (best == nullptr ? 1 : best->size())) best = &places;
        }
        return best;
    }

    const SourceSet& sources_;
    std::map<std::string, Places, std::less<>> places_;
    std::set<const Places*> seen_;
};

}  // namespace

Diagnostics tell_once(std::vector<Diagnostic> diagnostics, const SourceSet& sources) {
    Repeated repeated(sources);
    for (const auto& d : diagnostics) repeated.add(d);
    Diagnostics out;
    for (auto& d : diagnostics) {
        if (repeated.is_one(d)) continue;
        repeated.note(d);
        out.report(d.code, d.span, "") = std::move(d);
    }
    return out;
}

}  // namespace weft::check
