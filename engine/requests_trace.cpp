// The request for the instruction trace of a run: it is executed again, in slices.
#include <fmt/format.h>

#include <algorithm>

#include "engine/request_context.h"
#include "engine/trace.h"

namespace weft::engine {
namespace {

constexpr std::size_t kSlice = 1000;        // records a job reads at once
constexpr std::size_t kValueTextMax = 400;  // of a value that is shown whole

Json value_json(const PublicValues& values, const Value& value) {
    auto json = untyped_json(values.shown(value));
    const auto text = json_line(json);
    if (text.size() <= kValueTextMax) return json;
    return Json(text.substr(0, kValueTextMax) + fmt::format("… ({} bytes)", text.size()));
}

Json step_json(const PublicValues& values, const TraceStep& step) {
    Json out;
    out["seq"] = step.seq;
    out["branch"] = step.branch;
    out["function"] = step.function;
    out["pc"] = step.pc;
    out["instruction"] = step.text;
    if (!step.place.empty()) out["place"] = step.place;
    Json reads = Json::array();
    for (const auto& read : step.reads) {
        reads.push_back({{"name", read.name}, {"value", value_json(values, read.value)}});
    }
    if (!reads.empty()) out["reads"] = std::move(reads);
    if (step.given) out["gives"] = value_json(values, *step.given);
    if (step.is_late) out["answered"] = true;
    return out;
}

class TraceJob final : public Job {
  public:
    TraceJob(Core& core, RunHeader header, std::uint64_t from, std::uint64_t records)
        : core_(core),
          header_(std::move(header)),
          end_(records > UINT64_MAX - from ? UINT64_MAX : from + records),
          collector_(header_.first_image, from, end_),
          values_(header_.first_image),
          replayer_(header_) {
        replayer_.trace(&collector_);
    }

    Result<std::optional<std::string>> advance() override {
        std::size_t read = 0;
        bool more = false;
        WEFT_TRY_VOID(read_records(core_.store(), header_, replayer_.so_far().head,
                                   [&](ReadRecord& record) -> Result<bool> {
                                       if (collector_.is_full()) return false;
                                       if (record.record.seq >= end_) return false;
                                       WEFT_TRY(same, take(record));
                                       more = same && ++read == kSlice;
                                       return same && !more;
                                   }));
        if (more && !collector_.is_full()) return std::nullopt;
        return json_line(answer());
    }

  private:
    Result<bool> take(ReadRecord& record) {
        WEFT_TRY(same, replayer_.take(record));
        if (!same) return false;
        collector_.use(replayer_.so_far().image);
        values_.note(record, replayer_.so_far().image);
        return true;
    }

    // A page ends where all steps before a record are told.
    [[nodiscard]] Json answer() const {
        Json out;
        out["run"] = to_hex(view(header_.row.id));
        const auto& steps = collector_.steps();
        std::uint64_t next = replayer_.so_far().head.next_seq;
        bool is_cut = false;
        if (collector_.is_full()) {
            next = steps.back().seq;
            is_cut = steps.front().seq == next;
            if (is_cut) ++next;
        }
        Json list = Json::array();
        for (const auto& step : steps) {
            if (step.seq < next) list.push_back(step_json(values_, step));
        }
        out["steps"] = std::move(list);
        out["next"] = std::min(next, end_);
        out["last"] = !collector_.is_full() && next < end_;
        if (is_cut) out["cut"] = next - 1;
        if (const auto& parted = replayer_.so_far().divergence) {
            out["divergence"] = {{"seq", parted->seq}, {"what", parted->what}};
        }
        return out;
    }

    Core& core_;
    RunHeader header_;
    std::uint64_t end_;
    TraceCollector collector_;
    PublicValues values_;
    Replayer replayer_;
};

}  // namespace

Result<std::unique_ptr<Job>> begin_trace(const RequestContext& request) {
    WEFT_TRY(id, request.run());
    WEFT_TRY(header, read_run_header(request.core.store(), id));
    const auto from = std::max<std::int64_t>(0, request.number("from", 0));
    const auto limit = std::clamp<std::int64_t>(request.number("limit", 1000), 1, INT64_MAX);
    return std::make_unique<TraceJob>(request.core, std::move(header),
                                      static_cast<std::uint64_t>(from),
                                      static_cast<std::uint64_t>(limit));
}

}  // namespace weft::engine
