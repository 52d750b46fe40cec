#include "cli/editor.h"

#include <fmt/format.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>

#include "cli/input.h"
#include "cli/output_file.h"

namespace weft::cli {
namespace {

std::string editor_command() {
    for (const char* name : {"VISUAL", "EDITOR"}) {
        const char* value = std::getenv(name);
        if (value != nullptr && *value != '\0') return value;
    }
    return "vi";
}

// A folder of one's own: what is edited may be confidential.
class PrivateFolder {
  public:
    PrivateFolder() {
        std::string pattern = (std::filesystem::temp_directory_path() / "weft-XXXXXX").string();
        if (::mkdtemp(pattern.data()) != nullptr) path_ = pattern;
    }
    ~PrivateFolder() {
        std::error_code code;
        if (!path_.empty()) std::filesystem::remove_all(path_, code);
    }
    PrivateFolder(const PrivateFolder&) = delete;
    PrivateFolder& operator=(const PrivateFolder&) = delete;
    [[nodiscard]] const std::string& path() const { return path_; }

  private:
    std::string path_;
};

}  // namespace

Result<std::string> edit_text(const std::string& text) {
    PrivateFolder folder;
    std::string path = folder.path() + "/value.json";
    if (folder.path().empty()) {
        return std::unexpected(
            Error{ErrorKind::Environment, "no temporary folder can be made", ""});
    }
    auto written = write_file(path, text);
    if (!written) return std::unexpected(written.error());
    std::string editor = editor_command();
    // The variable may hold arguments; the shell splits them as for git and crontab.
    int ended = std::system(fmt::format("{} {}", editor, path).c_str());
    if (ended != 0) {
        return std::unexpected(Error{ErrorKind::Refused,
                                     fmt::format("the editor `{}` ended in failure", editor),
                                     "nothing was decided; $EDITOR names another editor"});
    }
    return read_text(path);
}

}  // namespace weft::cli
