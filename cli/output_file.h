// The one way in which a command writes a file that somebody has named. It knows nothing of what is
// written.
#pragma once

#include <sys/stat.h>

#include <optional>
#include <string>
#include <string_view>

#include "cli/output.h"

namespace weft::cli {

enum class Readers {
    Usual,  // what the file's permissions were, or a new file's
    Owner,  // nobody else: it holds what a run was given, in the clear
};

// A place found before there is something to write, so that it is known to take it.
// - Of a regular file, and where there is none: a new file beside it, which takes its place when it
//   is complete. Through links to what is behind them.
// - Whatever else is there (a pipe, a device, what the command's own streams lead to) is written to
//   and stays.
// - A file of a store is refused: it can't be had again.
class OutputFile {
  public:
    static Result<OutputFile> open(const std::string& path, Readers readers = Readers::Usual);
    OutputFile(OutputFile&& other) noexcept;
    OutputFile& operator=(OutputFile&&) = delete;
    OutputFile(const OutputFile&) = delete;
    OutputFile& operator=(const OutputFile&) = delete;
    // Of what was not finished nothing is left.
    ~OutputFile();

    // All of it, once.
    Result<void> finish(std::string_view bytes);

  private:
    explicit OutputFile(std::string path) : path_(std::move(path)) {}
    Result<void> open_straight(const struct stat& there);
    Result<void> open_beside();
    void discard();
    [[nodiscard]] std::unexpected<Error> failed(int error) const;

    std::string path_;                   // as it was named
    std::string target_;                 // behind links
    std::string part_;                   // becomes the target, once it is written
    int fd_ = -1;                        // of what is written straight, or of the part
    mode_t mode_ = 0;                    // of a new file
    std::optional<mode_t> permissions_;  // it had before
};

Result<void> write_file(const std::string& path, std::string_view bytes,
                        Readers readers = Readers::Usual);

// Refused for those who write in another way, too.
Result<void> refuse_store_file(const std::string& path);

// "-", and what standard output leads to. Nothing more is said there then.
bool is_standard_output(const std::string& path);

// What a command shows: on standard output, or in the file that was named, which is told. Gives the
// exit code.
int show_text(const std::string& path, std::string_view text);

}  // namespace weft::cli
