#include "engine/run_reader.h"

#include <fmt/format.h>

#include <map>

#include "store/sealed_file.h"
#include "value/payload.h"

namespace weft::engine {
namespace {

std::string place(const ReadRecord& record) {
    return fmt::format("log leaf {}, record {} of run {}", record.leaf, record.record.seq,
                       to_hex(view(record.record.run)).substr(0, 8));
}

// Rows of a run's sealed files, read when the first payload needs one.
class FileRows {
  public:
    Result<const store::FileRow*> find(store::Store& store, const store::RunId& run,
                                       const Bytes16& id) {
        if (!rows_) {
            WEFT_TRY(files, store.files(run));
            rows_.emplace();
            for (const auto& file : files) rows_->emplace(file.id, file);
        }
        auto found = rows_->find(id);
        return found == rows_->end() ? nullptr : &found->second;
    }

  private:
    std::optional<std::map<Bytes16, store::FileRow>> rows_;
};

Result<void> open_payload(store::Store& store, const RunHeader& header, FileRows& files,
                          ReadRecord& out) {
    if (!out.record.has_payload) return {};
    WEFT_TRY(sealed, store.payload(out.leaf));
    if (!sealed || !header.key) {
        out.payload_state = PayloadState::Erased;
        return {};
    }
    WEFT_TRY(box, store::open_box(*header.key, out.record.run, out.record.seq, *sealed));
    out.check = box.check;
    out.salt = box.salt;
    if (box.form == store::BoxForm::LeftOut) {
        out.payload_state = PayloadState::LeftOut;
        return {};
    }
    out.payload_state = PayloadState::Here;
    if (box.form == store::BoxForm::Body) {
        out.payload = std::move(box.body);
    } else {
        WEFT_TRY(row, files.find(store, out.record.run, to_array<16>(box.body)));
        if (row == nullptr) {
            return fail(ErrorKind::Corrupt, place(out) + ": the file of its payload is not there");
        }
        WEFT_TRY(body, store::read_sealed_file(store.files_folder(), *header.key, *row));
        out.payload = std::move(body);
    }
    if (commitment(box.salt, out.payload) != out.record.commitment) {
        return fail(ErrorKind::Corrupt, place(out) + ": its payload is not what it commits to");
    }
    return {};
}

}  // namespace

namespace {

class StoreSource final : public RunSource {
  public:
    explicit StoreSource(store::Store& store) : store_(store) {}
    Result<std::shared_ptr<const Image>> image(const Hash& hash) const override {
        return load_image(store_, hash);
    }
    Result<void> records(const RunHeader& header, const store::RunHead& after,
                         const RecordTaker& each) const override {
        return read_records(store_, header, after, each);
    }

  private:
    store::Store& store_;
};

void note_workflow(const std::string& begin_payload, RunHeader& header) {
    Value value;
    if (!decode_payload(begin_payload, value) || value.tag() != Tag::Record) return;
    if (value.items().empty() || value.items().front().tag() != Tag::Text) return;
    const auto& workflows = header.image->workflows;
    for (std::uint32_t i = 0; i < workflows.size(); ++i) {
        if (workflows[i].name == value.items().front().as_text()) header.workflow = i;
    }
}

}  // namespace

Result<std::shared_ptr<const Image>> open_image(std::string_view code, const std::string& name) {
    WEFT_TRY(decoded, decode_image(code));
    WEFT_TRY_VOID(verify_image(decoded));
    if (decoded.workflows.empty()) {
        return fail(ErrorKind::Corrupt, fmt::format("image {} has no workflow", name));
    }
    return std::make_shared<const Image>(std::move(decoded));
}

std::optional<Hash> image_from(const Record& record) {
    if (record.kind == RecordKind::Begin) {
        if (const auto body = decode_body<BeginBody>(record.body)) return body->image;
    } else if (record.kind == RecordKind::Adopted) {
        if (const auto body = decode_body<AdoptedBody>(record.body)) return body->image;
    } else if (record.kind == RecordKind::Migrated) {
        if (const auto body = decode_body<MigratedBody>(record.body)) return body->to_image;
    }
    return std::nullopt;
}

Result<std::shared_ptr<const Image>> load_image(store::Store& store, const Hash& hash) {
    const auto name = to_hex(view(hash)).substr(0, 8);
    WEFT_TRY(row, store.image(hash));
    if (!row) {
        return fail(ErrorKind::Corrupt, fmt::format("image {} is not in the store", name));
    }
    if (image_hash(row->code) != hash) {
        return fail(ErrorKind::Corrupt,
                    fmt::format("image {} of the store is not what its hash says", name));
    }
    if (row->semantics != kSemantics) {
        return fail(ErrorKind::Unsupported,
                    fmt::format("image {} needs semantics {}, this engine has {}", name,
                                row->semantics, kSemantics));
    }
    return open_image(row->code, name);
}

namespace {

Result<std::shared_ptr<const Image>> cached_image(store::Store& store, const Hash& hash,
                                                  ImageCache* images) {
    if (images == nullptr) return load_image(store, hash);
    if (auto known = images->find(hash)) return known;
    WEFT_TRY(image, load_image(store, hash));
    images->keep(hash, image);
    return image;
}

}  // namespace

Result<RunHeader> read_run_header(store::Store& store, const store::RunId& run,
                                  ImageCache* images) {
    WEFT_TRY(row, store.run(run));
    std::string name = to_hex(view(run)).substr(0, 8);
    if (!row) return fail(ErrorKind::NotFound, fmt::format("there is no run {}", name));
    RunHeader header;
    header.row = *row;
    header.origin = std::make_shared<StoreSource>(store);
    WEFT_TRY(image, cached_image(store, row->image, images));
    header.image = std::move(image);
    header.first_image = header.image;
    WEFT_TRY(program, store.program(header.image->program));
    if (program) header.source = program->source;
    auto key = store.run_key(run);
    if (key) {
        header.key = *key;
    } else if (key.error().kind != ErrorKind::Refused) {
        return std::unexpected(key.error());
    }
    // The begin's payload names the workflow. What is wrong with it is for the reader of the
    // records to say; until then the first workflow stands for it.
    std::optional<Hash> begun_under;
    auto noted = read_records(store, header, {}, [&](ReadRecord& begin) -> Result<bool> {
        if (begin.payload_state == PayloadState::Here) note_workflow(begin.payload, header);
        begun_under = image_from(begin.record);
        return false;
    });
    static_cast<void>(noted);
    if (begun_under && *begun_under != row->image) {
        WEFT_TRY(first, cached_image(store, *begun_under, images));
        header.first_image = std::move(first);
    }
    return header;
}

Result<void> read_records(store::Store& store, const RunHeader& header, const store::RunHead& after,
                          const RecordTaker& each) {
    FileRows files;
    std::uint64_t seq = after.next_seq;
    Hash prev = after.last_hash;
    while (true) {
        WEFT_TRY(slice, store.read_run(header.row.id, seq, kRecordSlice));
        for (auto& stored : slice) {
            ReadRecord out;
            out.leaf = stored.leaf;
            out.bytes = std::move(stored.record);
            auto record = decode_record(out.bytes);
            if (!record) {
                return fail(ErrorKind::Corrupt,
                            fmt::format("log leaf {}: {}", out.leaf, record.error().message));
            }
            out.record = std::move(*record);
            bool continues =
                out.record.seq == seq && out.record.run == header.row.id && out.record.prev == prev;
            if (!continues) {
                return fail(ErrorKind::Corrupt, place(out) + ": it does not continue the chain");
            }
            WEFT_TRY_VOID(open_payload(store, header, files, out));
            prev = leaf_hash(out.bytes);
            ++seq;
            WEFT_TRY(more, each(out));
            if (!more) return {};
        }
        if (slice.size() < kRecordSlice) return {};
    }
}

}  // namespace weft::engine
