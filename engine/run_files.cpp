#include "engine/run_files.h"

#include <fmt/format.h>

#include "base/hash.h"
#include "store/entropy.h"
#include "store/sealed_file.h"
#include "value/json_text.h"

namespace weft::engine {

RunFiles::RunFiles(std::string folder, store::RunId run, const store::Key& key,
                   const std::vector<store::FileRow>& known)
    : folder_(std::move(folder)), run_(run), key_(key) {
    for (const auto& row : known) sizes_[row.id] = row.size;
}

std::expected<std::string, std::string> RunFiles::read(std::string_view id) {
    std::string raw;
    if (!from_hex(id, raw) || raw.size() != 16) {
        return std::unexpected(fmt::format("`{}` is not the id of a file", id));
    }
    store::FileRow row{to_array<16>(raw), run_, 0};
    {
        std::lock_guard lock(mutex_);
        auto found = sizes_.find(row.id);
        if (found == sizes_.end()) {
            return std::unexpected(fmt::format("the run has no file {}", id));
        }
        row.size = found->second;
    }
    auto body = store::read_sealed_file(folder_, key_, row);
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
        sizes_[row->id] = row->size;
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

}  // namespace weft::engine
