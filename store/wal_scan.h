// Reads a killed owner's WAL before SQLite does. SQLite stops its recovery at the first frame whose
// salt or checksum is wrong and says nothing of confirmed commits behind it; this tells a torn end,
// which is a commit nobody was told of, from damage.
//
// A header that was torn while a new log began over the old one is put together again from the
// first frame: all commits of the old log are in the database already, and taking them once more
// changes nothing.
//
// `<store>.ack` helps with the very last commit: the salts of the WAL and the number of its frames
// that were confirmed, written after each commit and not synced (it serves when the process was
// killed; after a power failure it may be old, and then says nothing). It is made, and synced,
// before the first commit: a store without one was not only in a power failure, and a commit that
// seems torn is then told as damage.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/file_io.h"

namespace weft::store {

struct Acknowledged {
    std::uint32_t salt1 = 0;
    std::uint32_t salt2 = 0;
    std::uint64_t frames = 0;  // 0: nothing is known
};

struct WalScan {
    std::uint64_t frames = 0;           // in the file, whole ones of this generation or not
    std::uint64_t recovered = 0;        // up to the last commit that SQLite will find
    std::uint64_t torn = 0;             // frames of this generation behind that, to be dropped
    std::optional<std::string> head;    // the log's, when the one in the file is torn
    std::optional<std::string> damage;  // what is wrong, when confirmed commits would be lost
};

// No file, or an empty one: nothing recovered (damage if the acknowledgement knows better).
Result<WalScan> scan_wal(const std::string& wal_path, const std::optional<Acknowledged>& known);

// Puts back a torn header and makes what the scan found durable. A sync that failed leaves pages in
// the system's memory that no later sync writes (Rebello et al., "Can Applications Recover from
// fsync Failures?", ATC 2020): the database must not be built on them, so they are written once
// more, as they are, and synced.
Result<void> settle_wal(const std::string& wal_path, const WalScan& scan);

// The acknowledgement file, kept open by the owner.
class AckFile {
  public:
    static Result<AckFile> open(const std::string& store_path);
    [[nodiscard]] const std::optional<Acknowledged>& found() const { return found_; }
    // After a commit that left the WAL `frames` long.
    Result<void> confirm(std::uint64_t frames);
    // Says nothing. Before the WAL is truncated; synced, since a later loss of the WAL must not
    // look like damage.
    Result<void> clear();

  private:
    std::string path_;
    std::string wal_path_;
    Fd fd_;
    Fd wal_;
    std::string salts_;  // of the log; a new one begins only after `clear`
    std::optional<Acknowledged> found_;
};

}  // namespace weft::store
