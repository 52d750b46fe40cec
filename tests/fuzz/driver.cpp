// Runs a fuzz target without libFuzzer: every seed, then so many mutants of them.
//
//     weft_fuzz_NAME [--rounds N] [--seed N] [--longest BYTES] [FILE...]
//
// FILEs are run as they are and nothing else is. The input under way stands in weft_fuzz_NAME.input
// of the working directory, so that it is there when a target ends the process.
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <charconv>
#include <cstdio>
#include <cstring>
#include <fstream>
#include <sstream>

#include "tests/fuzz/mutate.h"
#include "tests/fuzz/target.h"

// A target that knows the structure of its input has one (libFuzzer's own hook).
extern "C" [[gnu::weak]] std::size_t LLVMFuzzerCustomMutator(std::uint8_t* data, std::size_t size,
                                                             std::size_t longest,
                                                             unsigned int seed);

namespace weft::fuzz {
namespace {

// The input under way, in memory that outlives the process as a file.
class Witness {
  public:
    Witness(const std::string& path, std::size_t longest) : path_(path), size_(longest + 8) {
        const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
        WEFT_CHECK(file >= 0);
        WEFT_CHECK(::ftruncate(file, static_cast<off_t>(size_)) == 0);
        void* memory = ::mmap(nullptr, size_, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
        WEFT_CHECK(memory != MAP_FAILED);
        memory_ = static_cast<char*>(memory);
        ::close(file);
    }
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;
    ~Witness() {
        ::munmap(memory_, size_);
        ::unlink(path_.c_str());  // nothing went wrong
    }
    void run(const std::string& input) {
        const std::uint64_t length = input.size();
        std::memcpy(memory_, &length, sizeof length);
        std::memcpy(memory_ + sizeof length, input.data(), std::min(input.size(), size_ - 8));
        // A copy of its own size, so that a sanitizer sees a read past its end.
        const std::vector<std::uint8_t> bytes(input.begin(), input.end());
        LLVMFuzzerTestOneInput(bytes.data(), bytes.size());
    }

  private:
    std::string path_;
    std::size_t size_;
    char* memory_ = nullptr;
};

std::uint64_t number(const char* text) {
    std::uint64_t out = 0;
    const auto read = std::from_chars(text, text + std::strlen(text), out);
    WEFT_CHECK(read.ec == std::errc() && *read.ptr == 0);
    return out;
}

std::string input_of(const char* path) {
    std::ifstream in(path, std::ios::binary);
    std::stringstream all;
    all << in.rdbuf();
    std::string text = all.str();
    // As Witness leaves it: length first.
    std::uint64_t length = 0;
    if (std::string_view(path).ends_with(".input") && text.size() >= sizeof length) {
        std::memcpy(&length, text.data(), sizeof length);
        return text.substr(sizeof length, length);
    }
    return text;
}

std::string reshaped(const std::vector<std::string>& seeds, std::size_t longest, Random& random) {
    std::string text = seeds[random.below(seeds.size())];
    const auto length = text.size();
    text.resize(std::max(length, longest));
    const auto size = LLVMFuzzerCustomMutator(reinterpret_cast<std::uint8_t*>(text.data()), length,
                                              longest, static_cast<unsigned int>(random.next()));
    text.resize(size);
    return text;
}

int run(int argc, char** argv) {
    std::uint64_t rounds = 2000;
    std::uint64_t seed = 1;
    std::uint64_t longest = 64 << 10U;
    std::vector<const char*> paths;
    for (int i = 1; i < argc; ++i) {
        const std::string_view word = argv[i];
        const bool has_value = i + 1 < argc;
        if (word == "--rounds" && has_value) {
            rounds = number(argv[++i]);
        } else if (word == "--seed" && has_value) {
            seed = number(argv[++i]);
        } else if (word == "--longest" && has_value) {
            longest = number(argv[++i]);
        } else {
            paths.push_back(argv[i]);
        }
    }
    const std::string name = std::string(argv[0]).substr(std::string_view(argv[0]).rfind('/') + 1);
    Witness witness(name + ".input", longest);
    for (const char* path : paths) witness.run(input_of(path));
    if (!paths.empty()) return 0;

    const auto begin = seeds();
    const auto words = dictionary();
    WEFT_CHECK(!begin.empty());
    for (const auto& one : begin) witness.run(one);
    Random random(seed);
    for (std::uint64_t i = 0; i < rounds; ++i) {
        const bool by_structure = LLVMFuzzerCustomMutator != nullptr && i % 2 == 1;
        witness.run(by_structure ? reshaped(begin, longest, random)
                                 : mutate(begin, words, longest, random));
    }
    std::printf("%s: %zu seeds, %llu mutants of seed %llu\n", name.c_str(), begin.size(),
                static_cast<unsigned long long>(rounds), static_cast<unsigned long long>(seed));
    return 0;
}

}  // namespace
}  // namespace weft::fuzz

int main(int argc, char** argv) {
    return weft::fuzz::run(argc, argv);
}
