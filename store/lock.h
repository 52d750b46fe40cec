// Who owns a store, and whether children of a dead engine still live. Both are flocks on files of
// their own that are never removed; the database file is never opened here.
//
// `<store>.lock`, held exclusively by the owner for as long as it has the store open. Its text says
// who that is, one `name: value` a line; it is empty when nobody serves.
// `<store>.children`, shared by a launcher of child workers and inherited by all that it starts.
// The kernel drops it with the last of them, so a new owner that gets it exclusively knows that no
// child of the former engine is left.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/result.h"
#include "store/file_io.h"

namespace weft::store {

struct OwnerText {
    std::int64_t pid = 0;
    std::string boot_id;
    std::int64_t started_ms = 0;
    std::string socket;  // path; empty: none is served
    std::string protocol;
    std::string engine;
    std::string config_digest;  // of weft.toml
};

std::string render_owner(const OwnerText& owner);
// None when the text is empty or is no owner's.
std::optional<OwnerText> parse_owner(const std::string& text);
// This process, with its pid and the machine's boot id filled in.
OwnerText this_process();
// True when the text's process can't be there any more: another boot, or no such pid.
bool owner_is_gone(const OwnerText& owner);

class OwnerLock {
  public:
    // Unavailable ("the store … is in use by process N") when another has it.
    static Result<OwnerLock> acquire(const std::string& store_path);
    Result<void> write_text(const OwnerText& owner);
    Result<void> clear_text();
    // Empties the text and lets go.
    void release();

  private:
    OwnerLock(std::string path, Fd fd) : path_(std::move(path)), fd_(std::move(fd)) {}
    std::string path_;
    Fd fd_;
};

// What the lock file says, without the lock. None: no file or no text.
Result<std::optional<OwnerText>> read_owner(const std::string& store_path);
// Whether somebody holds the owner lock at this moment.
Result<bool> owner_lock_held(const std::string& store_path);

class ChildrenLock {
  public:
    // Waits until no child of a former engine is left. Unavailable after `wait_ms`.
    static Result<ChildrenLock> wait_alone(const std::string& store_path, std::int64_t wait_ms);
    // For the launcher. Its descriptor is closed on exec unless the child clears the flag
    // (`keep_in_child`), which it does for the one that is to hold the lock.
    static Result<ChildrenLock> share(const std::string& store_path);
    [[nodiscard]] int fd() const { return fd_.get(); }
    // Called between fork and exec; async-signal-safe.
    void keep_in_child() const;

  private:
    explicit ChildrenLock(Fd fd) : fd_(std::move(fd)) {}
    Fd fd_;
};

}  // namespace weft::store
