// Changes to bytes, drawn from a seed: the same on every machine.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace weft::fuzz {

// splitmix64 (Steele, Lea, Flood 2014).
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next();
    std::size_t below(std::size_t bound) { return bound == 0 ? 0 : next() % bound; }

  private:
    std::uint64_t state_;
};

// One to four changes: bits, bytes, pieces removed, doubled, moved, taken from another seed, words
// of the dictionary, small and large numbers.
std::string mutate(const std::vector<std::string>& seeds,
                   const std::vector<std::string>& dictionary, std::size_t longest, Random& random);

}  // namespace weft::fuzz
