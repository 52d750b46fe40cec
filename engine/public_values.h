// What of a run's values may be shown where their types are not known: in registers. A program that
// knows no Secret has nothing to hide. In another one only those texts and numbers are shown that
// stand in its constants, or in its records where no Secret is; what was computed is told by its
// size alone.
#pragma once

#include <memory>
#include <set>
#include <string>

#include "bytecode/image.h"
#include "engine/run_reader.h"
#include "engine/secret_view.h"

namespace weft::engine {

class PublicValues {
  public:
    explicit PublicValues(const std::shared_ptr<const Image>& image);
    // A record of the run, in order, with its payload; `image` is what it belongs to.
    void note(const ReadRecord& record, const std::shared_ptr<const Image>& image);
    [[nodiscard]] Value shown(const Value& value) const;

  private:
    void use(const std::shared_ptr<const Image>& image);
    void add(const Value& value);

    std::shared_ptr<const Image> image_;
    SecretView secrets_;
    bool hides_ = false;
    std::set<std::string> known_;  // canonical bytes of single values
};

}  // namespace weft::engine
