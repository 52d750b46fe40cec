#include "engine/run_files.h"

#include <fmt/format.h>

#include <set>

#include "base/hash.h"
#include "store/entropy.h"
#include "store/sealed_file.h"
#include "value/json_text.h"

namespace weft::engine {

RunFiles::RunFiles(std::string folder, store::RunId run, const store::Key& key,
                   const std::vector<store::FileRow>& known)
    : folder_(std::move(folder)), run_(run), key_(key) {
    for (const auto& row : known) known_.insert_or_assign(row.id, Known{row, key_});
}

std::expected<std::string, std::string> RunFiles::read(std::string_view id) {
    std::string raw;
    if (!from_hex(id, raw) || raw.size() != 16) {
        return std::unexpected(fmt::format("`{}` is not the id of a file", id));
    }
    std::optional<Known> known;
    {
        std::lock_guard lock(mutex_);
        auto found = known_.find(to_array<16>(raw));
        if (found != known_.end()) known = found->second;
    }
    if (!known) return std::unexpected(fmt::format("the run has no file {}", id));
    auto body = store::read_sealed_file(folder_, known->key, known->row);
    if (!body) return std::unexpected(body.error().message);
    return std::move(*body);
}

std::expected<std::string, std::string> RunFiles::write(std::string_view bytes,
                                                        std::string_view name,
                                                        std::string_view media) {
    // The store's entropy belongs to the core thread.
    auto entropy = store::system_entropy();
    auto row = store::write_sealed_file(folder_, key_, run_, *entropy, bytes);
    if (!row) return std::unexpected(row.error().message);
    {
        std::lock_guard lock(mutex_);
        known_.insert_or_assign(row->id, Known{*row, key_});
        new_.push_back(*row);
    }
    std::string out = "{\"id\":\"" + to_hex(view(row->id)) + "\",\"name\":";
    write_json_string(name, out);
    out += ",\"media\":";
    write_json_string(media, out);
    out +=
        fmt::format(",\"size\":{},\"sha256\":\"{}\"}}", bytes.size(), to_hex(view(sha256(bytes))));
    return out;
}

std::vector<store::FileRow> RunFiles::take_new() {
    std::lock_guard lock(mutex_);
    return std::exchange(new_, {});
}

void RunFiles::lend(const RunFiles& other) {
    if (&other == this) return;
    std::scoped_lock lock(mutex_, other.mutex_);
    known_.insert(other.known_.begin(), other.known_.end());
}

Result<std::shared_ptr<RunFiles>> files_of_run(store::Store& store, const store::RunId& run) {
    std::shared_ptr<RunFiles> out;
    std::vector<store::RunId> open{run};
    std::set<store::RunId> seen{run};
    while (!open.empty()) {
        const auto id = open.back();
        open.pop_back();
        WEFT_TRY(flows, store.flows(id));
        for (const auto& flow : flows) {
            if (flow.to == id && seen.insert(flow.from).second) open.push_back(flow.from);
        }
        auto key = store.run_key(id);
        // What was erased can't be read any more.
        if (!key && id != run && key.error().kind == ErrorKind::Refused) continue;
        if (!key) return std::unexpected(key.error());
        WEFT_TRY(known, store.files(id));
        auto files = std::make_shared<RunFiles>(store.files_folder(), id, *key, known);
        if (out) {
            out->lend(*files);
        } else {
            out = std::move(files);
        }
    }
    return out;
}

}  // namespace weft::engine
