#include "engine/row_check.h"

#include "engine/run_reader.h"

namespace weft::engine {

void RowCheck::take(const Record& record) {
    if (const auto image = image_from(record)) image_ = *image;
    if (record.kind == RecordKind::Begin) {
        if (const auto body = decode_body<BeginBody>(record.body)) begin_ = *body;
        begun_ms_ = record.time_ms;
    } else if (record.kind == RecordKind::End) {
        if (const auto body = decode_body<EndBody>(record.body)) end_ = *body;
        ended_ms_ = record.time_ms;
    }
}

std::vector<std::string> RowCheck::compare(const store::RunRow& row) const {
    std::vector<std::string> out;
    if (begin_) {
        if (row.begun_ms != begun_ms_)
            out.emplace_back("its row says that it began at another time");
        const bool is_sub = begin_->origin == Origin::SubRun;
        if (row.parent.has_value() != is_sub || (is_sub && *row.parent != begin_->origin_run)) {
            out.emplace_back("its row names another run that began it than its log");
        }
        const bool has_key = begin_->start_tag != Bytes16{};
        // A run that came to nothing gives its key to the next one.
        const bool may_lack = !has_key || (end_ && end_->status != EndStatus::Completed);
        const bool fits = row.start_tag ? has_key && *row.start_tag == begin_->start_tag : may_lack;
        if (!fits) out.emplace_back("its row has another start key than its log");
    }
    if (image_ && row.image != *image_) {
        out.emplace_back("its row names another program than its log");
    }
    if (!end_ && row.ended_ms) out.emplace_back("its row says that it ended, its log goes on");
    if (end_) {
        if (row.status != static_cast<std::int32_t>(end_->status)) {
            out.emplace_back("its row says that it ended otherwise than its log");
        }
        if (row.ended_ms != ended_ms_)
            out.emplace_back("its row says that it ended at another time");
    }
    return out;
}

}  // namespace weft::engine
