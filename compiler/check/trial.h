// Checking a block again for other types of the names around it: what the first time left behind is
// taken back. Rows of workflows go, and messages about the block; what was resolved on the way (a
// function or prompt used for the first time) stays.
#pragma once

#include "compiler/check/body.h"

namespace weft::check {

class Trial {
  public:
    explicit Trial(Body& body);
    // Everything since the construction that belongs to the source in `span`.
    void take_back(Span span);

  private:
    Body& body_;
    std::size_t steps_;
    std::size_t eaches_;
    std::size_t ifs_;
    std::size_t gates_;
    std::size_t parallels_;
    std::size_t repeats_;
    std::size_t waits_;
    std::size_t reviews_;
    std::size_t locks_;
    std::size_t messages_;
    std::size_t watched_;
    std::set<std::string> paths_;
};

}  // namespace weft::check
