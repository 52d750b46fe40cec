// The parts of an Office package: a zip file, read from memory by libzip with every size checked as
// bytes come out, since what its directory says is only a claim.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "helper/docs/document.h"

struct zip;

namespace weft::helper {

class Package {
  public:
    // Broken when it is no zip file or a bomb, Encrypted when a part is.
    static Parsed<Package> open(std::string_view bytes);

    [[nodiscard]] bool holds(const std::string& part) const;
    // Empty for a part that isn't there.
    Parsed<std::string> read(const std::string& part);

  private:
    struct Close {
        void operator()(zip* archive) const;
    };
    explicit Package(zip* archive) : archive_(archive) {}

    std::unique_ptr<zip, Close> archive_;
    std::size_t left_ = std::size_t{64} << 20U;  // bytes that may still be unpacked
};

}  // namespace weft::helper
