#include "store/store_files.h"

#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "store/key_layout.h"
#include "store/schema.h"

namespace weft::store {
namespace {

namespace fs = std::filesystem;

// docs/store.md has the table.
constexpr std::array<std::string_view, 11> kFileEndings = {
    "-wal",      "-shm",  "-journal",       ".keys", ".keys.new", ".lock",
    ".children", ".sock", ".sock.new.sock", ".ack",  ".ballast"};
constexpr std::array<std::string_view, 2> kFolderEndings = {".files", ".state"};

std::string head_of(const fs::path& path, std::size_t bytes) {
    std::error_code code;
    // Whatever else is there may never give a byte.
    if (!fs::is_regular_file(path, code)) return "";
    std::ifstream in(path, std::ios::binary);
    std::string out(bytes, '\0');
    in.read(out.data(), static_cast<std::streamsize>(bytes));
    out.resize(static_cast<std::size_t>(in.gcount()));
    return out;
}

bool is_key_file(const fs::path& path) {
    return head_of(path, kKeyFileMagic.size()) == kKeyFileMagic;
}

// The number stands in SQLite's header; in that of a young store it may not stand yet.
bool is_store(const fs::path& path) {
    constexpr std::size_t kNumberAt = 68;
    constexpr std::size_t kNumberBytes = 4;
    if (is_key_file(path.string() + ".keys")) return true;
    const auto head = head_of(path, kNumberAt + kNumberBytes);
    if (!head.starts_with("SQLite format 3") || head.size() < kNumberAt + kNumberBytes)
        return false;
    std::int64_t number = 0;
    for (const char c : head.substr(kNumberAt)) {
        number = number << 8 | static_cast<unsigned char>(c);
    }
    return number == kApplicationId;
}

// What is before an ending, when it is the path of a store.
template <typename Endings>
std::string store_before(const std::string& path, const Endings& endings) {
    for (const std::string_view ending : endings) {
        if (!path.ends_with(ending)) continue;
        auto before = path.substr(0, path.size() - ending.size());
        if (is_store(before)) return before;
    }
    return "";
}

}  // namespace

std::string store_of_file(const std::string& path) {
    std::error_code code;
    const auto named = fs::absolute(path, code);
    const auto whole = fs::weakly_canonical(named.parent_path(), code) / named.filename();
    if (auto store = store_before(whole.string(), kFileEndings); !store.empty()) return store;
    for (auto folder = whole; folder.has_relative_path(); folder = folder.parent_path()) {
        if (auto store = store_before(folder.string(), kFolderEndings); !store.empty())
            return store;
    }
    return is_store(whole) || is_key_file(whole) ? whole.string() : "";
}

}  // namespace weft::store
