// Files that a client has sent for a start to come. They belong to its connection and go with it.
#pragma once

#include <map>
#include <string>

namespace weft::engine {

struct UploadedFile {
    std::string name;  // the client's, without folders
    std::string bytes;
};

using Uploads = std::map<std::string, UploadedFile>;  // by the client's id

}  // namespace weft::engine
