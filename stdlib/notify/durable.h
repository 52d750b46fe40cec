// Folders and files that are still there after a power cut. It knows nothing of what they hold.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace weft::stdlib::notify {

// Makes the folder and those above it, private to the user, each synced into the one above.
Result<void> make_durable_folder(const std::string& path);

// Makes the names in the folder durable.
Result<void> sync_folder(const std::string& path);

Result<void> write_all(int descriptor, std::string_view bytes, std::string_view name);

// The file is whole or absent at every moment, and there is one of it however often this is called:
// a file that exists stays as it is.
Result<void> write_file_once(const std::string& path, std::string_view bytes);

bool file_exists(const std::string& path);

}  // namespace weft::stdlib::notify
