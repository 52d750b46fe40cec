// Author-given keys and caches over the runs of one test: an effect that was had before takes the
// place of an attempt.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>

#include "vm/machine.h"

namespace weft::test {

class Keys {
  public:
    struct Answer {
        bool waits = false;  // another call with the key is under way
        std::optional<vm::HitFact> hit;
    };
    // Before a first attempt; an answer that says nothing lets it leave.
    Answer ask(const Image& image, const Bytes16& run, const vm::Want& want, std::int64_t now_ms);
    // An attempt leaves.
    void open(const Image& image, const Bytes16& run, const vm::Want& want);
    // What became of calls with keys, `value` being what a done one gave.
    void note(const Image& image, const Bytes16& run, const vm::KeyedCall& call, const Value& value,
              std::int64_t now_ms);

  private:
    struct Use {
        Bytes16 run{};
        std::uint64_t call = 0;
        std::string arguments;  // canonical
        std::optional<Value> value;
    };
    struct Cached {
        Bytes16 run{};
        std::uint64_t call = 0;
        Value value;
        std::int64_t expires_ms = 0;
    };
    static std::string name(const Image& image, std::uint32_t step, const Value& key);

    std::map<std::string, Use> uses_;
    std::map<std::string, Cached> cache_;
};

}  // namespace weft::test
