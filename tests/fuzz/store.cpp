// The files of a store, from whoever had them in between: opened, read, verified, gone on with.
// What opens and has no finding holds exactly the records that were written.
#include "store/store.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/fuzz/target.h"
#include "tests/unit/store/support.h"

namespace weft::fuzz {

namespace {

namespace fs = std::filesystem;

// An input is the letter of a file and its bytes; the other files are as they were. `W` is a
// write-ahead log whose checksums are worked out anew, so that what SQLite takes from it is not
// what was written: without them it stops at the first letter that is changed.
struct File {
    char letter;
    const char* ending;
};
constexpr File kFiles[] = {{'d', ""}, {'w', "-wal"}, {'k', ".keys"}, {'a', ".ack"}};

store::OpenOptions options_of(store::Entropy& entropy) {
    auto options = store::create_options();
    options.ballast_bytes = 4096;
    options.entropy = &entropy;
    return options;
}

std::string bytes_of(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    return all.str();
}

struct Original {
    std::vector<std::string> files;    // as kFiles
    std::vector<std::string> records;  // by leaf
    std::uint64_t checkpoint = 0;      // its size
};

// A store that its owner was killed with: some of it is in the database, some in the WAL.
Original make() {
    const store::TempFolder folder;
    const auto path = folder / "s.weft";
    const auto entropy = store::seeded_entropy(7);
    Original out;
    {
        auto opened = store::open_sqlite_store(path, options_of(*entropy));
        WEFT_CHECK(opened);
        auto& store = **opened;
        store::RunMaker one(store, store::run_id(1));
        store::RunMaker two(store, store::run_id(2));
        for (int i = 0; i < 4; ++i) {
            store::Batch batch;
            for (auto* maker : {&one, &two}) {
                if (i == 0) maker->begin(batch);
                maker->add(batch, "payload " + std::to_string(i));
                maker->add(batch);
            }
            WEFT_CHECK(store.commit(batch));
            if (i == 1) WEFT_CHECK(store.maintain(5000, true));
        }
        const auto last = store.last_checkpoint();
        WEFT_CHECK(last && *last);
        out.checkpoint = (*last)->size;
        auto rows = store.read_log(0, 1000);
        WEFT_CHECK(rows);
        for (auto& row : *rows) out.records.push_back(std::move(row.record));
        for (const auto& file : kFiles) out.files.push_back(bytes_of(path + file.ending));
    }
    return out;
}

const Original& original() {
    static const Original made = make();
    return made;
}

// Files of the process; they are in memory where the system has a place for that.
const std::string& folder() {
    static const std::string path = [] {
        const fs::path shm = "/dev/shm";
        const auto base = fs::is_directory(shm) ? shm : fs::temp_directory_path();
        return (base / ("weft-fuzz-store-" + std::to_string(::getpid()))).string();
    }();
    return path;
}

std::uint32_t big32(std::string_view bytes) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i) out = out << 8U | static_cast<unsigned char>(bytes[i]);
    return out;
}

// The format's running checksum (sqlite.org/fileformat2.html, "WAL File Format").
class Sums {
  public:
    explicit Sums(bool is_big) : is_big_(is_big) {}
    void take(std::string_view bytes) {
        for (; bytes.size() >= 8; bytes.remove_prefix(8)) {
            first_ += word(bytes) + second_;
            second_ += word(bytes.substr(4)) + first_;
        }
    }
    void write(std::string& out, std::size_t at) const {
        for (std::size_t i = 0; i < 8; ++i) {
            const auto sum = i < 4 ? first_ : second_;
            out[at + i] = static_cast<char>(sum >> (24U - 8U * (i % 4)));
        }
    }

  private:
    [[nodiscard]] std::uint32_t word(std::string_view bytes) const {
        const auto big = big32(bytes);
        return is_big_ ? big : __builtin_bswap32(big);
    }
    bool is_big_;
    std::uint32_t first_ = 0;
    std::uint32_t second_ = 0;
};

std::string with_sums(std::string_view log) {
    constexpr std::size_t kHead = 32;
    constexpr std::size_t kFrameHead = 24;
    std::string out(log);
    if (out.size() < kHead) return out;
    // Another log than the confirmed one is told for its salts alone, and they are of this process.
    out.replace(16, 8, original().files[1], 16, 8);
    Sums sums((big32(out) & 1U) != 0);
    sums.take(std::string_view(out).substr(0, 24));
    sums.write(out, 24);
    const std::size_t page = big32(std::string_view(out).substr(8));
    if (page < 512 || page > 65536) return out;
    for (std::size_t at = kHead; at + kFrameHead + page <= out.size(); at += kFrameHead + page) {
        out.replace(at + 8, 8, out, 16, 8);  // the salts of this log
        sums.take(std::string_view(out).substr(at, 8));
        sums.take(std::string_view(out).substr(at + kFrameHead, page));
        sums.write(out, at + 16);
    }
    return out;
}

void lay_out(std::string_view input) {
    std::error_code ignored;
    fs::remove_all(folder(), ignored);
    fs::create_directories(folder());
    const auto& files = original().files;
    std::string mended;
    if (input.starts_with('W')) {
        mended = 'w' + with_sums(input.substr(1));
        input = mended;
    }
    for (std::size_t i = 0; i < std::size(kFiles); ++i) {
        const bool is_changed = !input.empty() && input.front() == kFiles[i].letter;
        const auto path = folder() + "/s.weft" + kFiles[i].ending;
        std::ofstream(path, std::ios::binary)
            << (is_changed ? input.substr(1) : std::string_view(files[i]));
        fs::permissions(path, fs::perms::owner_read | fs::perms::owner_write);
    }
}

// Behind the last checkpoint nothing but the next record holds one without a payload
// (docs/store.md), and the log of this store has its right sums whatever is in it.
bool is_unprotected(std::size_t leaf) {
    const auto& records = original().records;
    const bool has_payload = (records[leaf][3] & 2) != 0;
    if (has_payload || leaf < original().checkpoint) return false;
    const auto run_of = [&](std::size_t i) { return std::string_view(records[i]).substr(16, 16); };
    for (auto i = leaf + 1; i < records.size(); ++i) {
        if (run_of(i) == run_of(leaf)) return false;
    }
    return true;
}

// Everything that a caller might read, whatever it says.
void read_all(store::Store& store) {
    const auto rows = store.read_log(0, 1000);
    for (std::uint64_t leaf = 0; leaf < 20; ++leaf) static_cast<void>(store.payload(leaf));
    store::RunFilter filter;
    filter.limit = 100;
    const auto runs = store.runs(filter);
    for (std::size_t i = 0; runs && i < runs->size(); ++i) {
        static_cast<void>(store.read_run((*runs)[i].id, 0, 1000));
        static_cast<void>(store.run_key((*runs)[i].id));
        static_cast<void>(store.snapshot((*runs)[i].id));
    }
    static_cast<void>(store.inbox(0, 100));
    static_cast<void>(store.due(INT64_MAX, 100));
    static_cast<void>(store.actors());
    static_cast<void>(store.checkpoints(0, 100));
    if (store.log_size() > 0) {
        static_cast<void>(store.inclusion_proof(store.log_size() - 1, store.log_size()));
    }
}

}  // namespace

std::vector<std::string> seeds() {
    std::vector<std::string> out;
    for (std::size_t i = 0; i < std::size(kFiles); ++i) {
        out.push_back(kFiles[i].letter + original().files[i]);
    }
    out.push_back('W' + original().files[1]);
    return out;
}

std::vector<std::string> dictionary() {
    return {std::string("\0\0\0\0", 4), "\xFF\xFF\xFF\xFF", "\x0D", "\x0A", "\x05", "\x02"};
}

}  // namespace weft::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    using namespace weft;
    fuzz::lay_out(fuzz::text_of(data, size));
    const auto entropy = store::seeded_entropy(9);
    auto opened = store::open_sqlite_store(fuzz::folder() + "/s.weft", fuzz::options_of(*entropy));
    if (!opened) {
        WEFT_CHECK(!opened.error().message.empty());
        return 0;
    }
    auto& store = **opened;
    fuzz::read_all(store);
    const auto report = store.verify({});
    const auto& records = fuzz::original().records;
    if (report && report->findings.empty()) {
        const auto rows = store.read_log(0, 1000);
        WEFT_CHECK(rows);
        WEFT_CHECK(rows->size() == records.size() || rows->empty());
        for (std::size_t i = 0; i < rows->size(); ++i) {
            WEFT_CHECK((*rows)[i].record == records[i] || fuzz::is_unprotected(i));
        }
    }
    store::RunMaker maker(store, store::run_id(77));
    store::Batch batch;
    if (store.keys().slot_state(200)) {
        maker.begin(batch);
        maker.add(batch, "goes on");
        static_cast<void>(store.commit(batch));
    }
    static_cast<void>(store.close());
    return 0;
}
