// Bodies above 64 KiB: `<store>.files/ab/<random id>`, sealed under the run's key in chunks of
// 64 KiB (libsodium's secretstream), so a file is written and read in a stream. Written under a
// temporary name, synced, renamed and its folder synced before the commit that names it. May be
// used on a pool thread with an Entropy of its own; needs nothing else of the store.
//
// Layout: "weftfile" 8, version 1, zero 7, stream header 24, then chunks (each 17 bytes longer than
// its part of the body). Associated data of each chunk: run id 16, file id 16, number of chunk 8.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"
#include "store/entropy.h"
#include "store/file_io.h"
#include "store/key.h"
#include "store/rows.h"

namespace weft::store {

constexpr std::size_t kFileChunkBytes = 64UL << 10;
constexpr std::uint64_t kFileBytesMax = 4ULL << 30;

std::string sealed_file_path(const std::string& folder, const Bytes16& id);

class FileWriter {
  public:
    static Result<FileWriter> begin(const std::string& folder, const Key& key, const RunId& run,
                                    Entropy& entropy);
    FileWriter(FileWriter&&) noexcept;
    FileWriter& operator=(FileWriter&&) = delete;
    // An unfinished file is removed.
    ~FileWriter();

    // Refused past 4 GiB.
    Result<void> write(std::string_view part);
    // The row for the commit; the file is durable.
    Result<FileRow> finish();

  private:
    struct State;
    explicit FileWriter(std::unique_ptr<State> state);
    Result<void> seal_chunk(std::string_view part, bool last);
    std::unique_ptr<State> state_;
};

class FileReader {
  public:
    static Result<FileReader> open(const std::string& folder, const Key& key, const FileRow& row);
    FileReader(FileReader&&) noexcept;
    FileReader& operator=(FileReader&&) = delete;
    ~FileReader();

    // The next part of the body; empty at its end. Corrupt when a byte was changed, a chunk is
    // missing or the length isn't that of the row.
    Result<std::string> next();

  private:
    struct State;
    explicit FileReader(std::unique_ptr<State> state);
    std::unique_ptr<State> state_;
};

// The whole body, for those that fit in memory.
Result<FileRow> write_sealed_file(const std::string& folder, const Key& key, const RunId& run,
                                  Entropy& entropy, std::string_view body);
Result<std::string> read_sealed_file(const std::string& folder, const Key& key, const FileRow& row);

}  // namespace weft::store
