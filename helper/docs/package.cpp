#include "helper/docs/package.h"

#include <zip.h>

#include <algorithm>
#include <array>
#include <utility>

namespace weft::helper {
namespace {

constexpr zip_int64_t kPartsMax = 20'000;
// Deflate reaches about 1,000 to 1; text of Office documents stays under 50 to 1. Small parts may
// be as repetitive as they like.
constexpr zip_uint64_t kRatioMax = 200;
constexpr zip_uint64_t kSmallPartBytes = zip_uint64_t{4} << 20U;

std::unexpected<Failure> bomb() {
    return refuse("Broken", "unpacks to far more than a document holds, and is refused");
}

}  // namespace

void Package::Close::operator()(zip* archive) const {
    zip_discard(archive);
}

Parsed<Package> Package::open(std::string_view bytes) {
    zip_error_t error;
    zip_error_init(&error);
    zip_source_t* source = zip_source_buffer_create(bytes.data(), bytes.size(), 0, &error);
    zip* archive = source == nullptr ? nullptr : zip_open_from_source(source, ZIP_RDONLY, &error);
    zip_error_fini(&error);
    if (archive == nullptr) {
        zip_source_free(source);
        return refuse("Broken", "is a damaged zip package");
    }
    Package package(archive);
    const zip_int64_t count = zip_get_num_entries(archive, 0);
    if (count > kPartsMax) return bomb();
    for (zip_int64_t i = 0; i < count; ++i) {
        zip_stat_t stat;
        if (zip_stat_index(archive, static_cast<zip_uint64_t>(i), 0, &stat) != 0) continue;
        if ((stat.valid & ZIP_STAT_ENCRYPTION_METHOD) != 0 &&
            stat.encryption_method != ZIP_EM_NONE) {
            return refuse("Encrypted", "is encrypted and needs a password");
        }
        if (stat.size > kSmallPartBytes && stat.size / kRatioMax > stat.comp_size) return bomb();
    }
    return package;
}

bool Package::holds(const std::string& part) const {
    return zip_name_locate(archive_.get(), part.c_str(), 0) >= 0;
}

Parsed<std::string> Package::read(const std::string& part) {
    std::string out;
    if (!holds(part)) return out;
    zip_file_t* file = zip_fopen(archive_.get(), part.c_str(), 0);
    if (file == nullptr) return refuse("Broken", "has a damaged part " + part);
    std::array<char, 65'536> buffer;
    zip_int64_t count = 0;
    while ((count = zip_fread(file, buffer.data(), buffer.size())) > 0) {
        const auto size = static_cast<std::size_t>(count);
        if (size > left_) break;
        left_ -= size;
        out.append(buffer.data(), size);
    }
    zip_fclose(file);
    if (count > 0) return bomb();
    if (count < 0) return refuse("Broken", "has a damaged part " + part);
    return out;
}

}  // namespace weft::helper
