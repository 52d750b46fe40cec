// The native parts of stdlib/rag.wf.
#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <mutex>

#include "stdlib/json_args.h"
#include "stdlib/native.h"
#include "stdlib/rag/index.h"
#include "stdlib/rag/support.h"

namespace weft::stdlib {

namespace {

constexpr std::string_view kIndexMedia = "application/vnd.weft.rag-index";
constexpr std::size_t kLoadedIndexesMax = 4;
constexpr std::int64_t kTopMax = 1000;

std::unexpected<WorkerError> index_error(const Error& error) {
    return worker_error(error.kind == ErrorKind::Environment ? "Unavailable" : "Rejected",
                        error.message);
}

// The indexes used last, by the id of their artifact (which never changes its content).
class LoadedIndexes {
  public:
    std::expected<std::shared_ptr<rag::Index>, WorkerError> get(const WorkerCall& call,
                                                                const Json& index) {
        const Json& file = member(index, "file");
        const std::string id = text_or(file, "id") + text_or(file, "sha256");
        {
            const std::lock_guard lock(mutex_);
            for (const auto& [key, loaded] : loaded_) {
                if (key == id) return loaded;
            }
        }
        WEFT_TRY(bytes, read_file(call, file));
        auto loaded = rag::Index::load(bytes);
        if (!loaded) return index_error(loaded.error());
        const std::lock_guard lock(mutex_);
        loaded_.emplace_front(id, *loaded);
        if (loaded_.size() > kLoadedIndexesMax) loaded_.pop_back();
        return *loaded;
    }

    void forget(const Json& index) {
        const Json& file = member(index, "file");
        const std::string id = text_or(file, "id") + text_or(file, "sha256");
        const std::lock_guard lock(mutex_);
        std::erase_if(loaded_, [&](const auto& entry) { return entry.first == id; });
    }

  private:
    std::mutex mutex_;
    std::deque<std::pair<std::string, std::shared_ptr<rag::Index>>> loaded_;
};

using Indexes = std::shared_ptr<LoadedIndexes>;

WorkerOutcome make_index(const WorkerCall& call) {
    WEFT_TRY(arguments, parse_arguments(call));
    WEFT_TRY(documents, required_list(arguments, "documents"));
    rag::ChunkLimits limits;
    limits.length_max = int_or(arguments, "chunk", limits.length_max);
    limits.overlap = int_or(arguments, "overlap", limits.overlap);
    if (limits.length_max < 80 || limits.length_max > 20'000) {
        return worker_error(
            "Rejected",
            fmt::format("chunk is {}, it must be in 80..20000 characters", limits.length_max));
    }
    if (limits.overlap < 0 || limits.overlap > limits.length_max / 2) {
        return worker_error("Rejected",
                            fmt::format("overlap is {}, it must be in 0..{}, half of chunk",
                                        limits.overlap, limits.length_max / 2));
    }
    std::vector<rag::Passage> passages;
    for (const Json& document : documents) {
        if (is_cancelled(call))
            return worker_error("Timeout", "the index was not finished in time");
        rag::cut_document(document, limits, passages);
    }
    auto bytes = rag::build_index(passages);
    if (!bytes) return index_error(bytes.error());
    WEFT_TRY(file, write_file(call, *bytes, "passages.index", kIndexMedia));
    return worker_value(
        Json{{"file", file}, {"documents", documents.size()}, {"passages", passages.size()}});
}

Json passages_json(const std::vector<rag::Passage>& passages) {
    Json list = Json::array();
    for (const rag::Passage& passage : passages) list.push_back(rag::passage_json(passage));
    return list;
}

WorkerOutcome search_index(const WorkerCall& call, const Indexes& indexes) {
    WEFT_TRY(arguments, parse_arguments(call));
    WEFT_TRY(index, indexes->get(call, member(arguments, "index")));
    WEFT_TRY(query, required_text(arguments, "query"));
    const std::int64_t top = std::clamp<std::int64_t>(int_or(arguments, "top", 6), 0, kTopMax);
    auto found = index->search(query, top);
    if (!found) return index_error(found.error());
    return worker_value(passages_json(*found));
}

WorkerOutcome sample_index(const WorkerCall& call, const Indexes& indexes) {
    WEFT_TRY(arguments, parse_arguments(call));
    WEFT_TRY(index, indexes->get(call, member(arguments, "index")));
    const std::int64_t count = std::clamp<std::int64_t>(int_or(arguments, "count"), 0, kTopMax);
    auto sample = index->sample(count);
    if (!sample) return index_error(sample.error());
    return worker_value(passages_json(*sample));
}

// The cited passages; without citations what a search finds for the claims.
Result<std::vector<std::string>> evidence_of(const rag::Claims& claims, rag::Index& index,
                                             double& quoted_share) {
    std::vector<std::string> evidence;
    std::size_t quoted = 0;
    for (const auto& cited : claims.citations) {
        const Json id = Json::parse(cited.passage, nullptr, false);
        if (!id.is_number_integer()) continue;
        WEFT_TRY(found, index.passage(id.get<std::int64_t>()));
        if (found.empty()) continue;
        const bool right_document = cited.document.empty() || cited.document == found[0].document;
        if (right_document && rag::contains_quote(found[0].text, cited.quote)) ++quoted;
        evidence.push_back(found[0].text);
    }
    if (!claims.citations.empty()) {
        quoted_share = static_cast<double>(quoted) / static_cast<double>(claims.citations.size());
        return evidence;
    }
    quoted_share = 1.0;
    for (const std::string& sentence : claims.sentences) {
        WEFT_TRY(found, index.search(sentence, 3));
        for (rag::Passage& passage : found) evidence.push_back(std::move(passage.text));
    }
    return evidence;
}

// Nothing for an answer that claims nothing; such answers do not count.
Result<std::optional<double>> answer_score(const Json& answer, rag::Index& index) {
    const rag::Claims claims = rag::claims_of(answer);
    if (claims.sentences.empty()) return std::optional<double>();
    double quoted_share = 0.0;
    WEFT_TRY(evidence, evidence_of(claims, index, quoted_share));
    const auto weight = [&](const std::string& word) { return index.rarity(word); };
    double support = 0.0;
    for (const std::string& sentence : claims.sentences) {
        support += rag::claim_support(sentence, evidence, weight);
    }
    return std::optional(quoted_share * support / static_cast<double>(claims.sentences.size()));
}

WorkerOutcome grounded(const WorkerCall& call, const Indexes& indexes) {
    WEFT_TRY(arguments, parse_arguments(call));
    WEFT_TRY(index, indexes->get(call, member(arguments, "index")));
    WEFT_TRY(answers, required_list(arguments, "answers"));
    double sum = 0.0;
    int counted = 0;
    for (const Json& answer : answers) {
        if (is_cancelled(call))
            return worker_error("Timeout", "not all answers were scored in time");
        auto score = answer_score(answer, *index);
        if (!score) return index_error(score.error());
        if (!*score) continue;
        sum += **score;
        ++counted;
    }
    return worker_value(Json(counted == 0 ? 0.0 : rag::rounded(sum / counted)));
}

}  // namespace

std::vector<NativeWorker> rag_workers() {
    const auto indexes = std::make_shared<LoadedIndexes>();
    const auto with_indexes = [&](auto worker) {
        return [indexes, worker](const WorkerCall& call) {
            return guarded(call, [&] { return worker(call, indexes); });
        };
    };
    const auto make = [](const WorkerCall& call) {
        return guarded(call, [&] { return make_index(call); });
    };
    const auto drop = [](const WorkerCall& call, const Indexes& loaded) -> WorkerOutcome {
        WEFT_TRY(arguments, parse_arguments(call));
        loaded->forget(member(arguments, "index"));
        return worker_value(Json(true));
    };
    return {{"rag.index", make},
            {"rag.drop", with_indexes(drop)},
            {"rag.search", with_indexes(search_index)},
            {"rag.sample", with_indexes(sample_index)},
            {"rag.grounded", with_indexes(grounded)}};
}

}  // namespace weft::stdlib
