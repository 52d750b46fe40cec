// Which store a file is part of, by what it holds and by its name: for those who write files where
// somebody tells them to. It opens no store and follows no link at the path's end.
#pragma once

#include <string>

namespace weft::store {

// The path of the store that the file is part of, or would be if it were there; of a key file that
// stands alone its own. Empty: of none.
std::string store_of_file(const std::string& path);

}  // namespace weft::store
