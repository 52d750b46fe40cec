// Images that were read and verified lately, so that many runs of one program share one. A hash
// names one image for ever, so nothing here grows stale.
#pragma once

#include <list>
#include <memory>
#include <utility>

#include "base/bytes.h"
#include "bytecode/image.h"

namespace weft::engine {

class ImageCache {
  public:
    // Null: it is not here.
    std::shared_ptr<const Image> find(const Hash& hash) {
        for (auto it = kept_.begin(); it != kept_.end(); ++it) {
            if (it->first != hash) continue;
            kept_.splice(kept_.begin(), kept_, it);
            return kept_.front().second;
        }
        return nullptr;
    }
    void keep(const Hash& hash, std::shared_ptr<const Image> image) {
        kept_.emplace_front(hash, std::move(image));
        if (kept_.size() > kKept) kept_.pop_back();
    }

  private:
    static constexpr std::size_t kKept = 32;
    std::list<std::pair<Hash, std::shared_ptr<const Image>>> kept_;  // the last used first
};

}  // namespace weft::engine
