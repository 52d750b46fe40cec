// Gives libFuzzer the seeds: `weft_fuzz_NAME --seeds FOLDER` writes them, and then the same program
// runs with FOLDER as its corpus. The dictionary becomes FOLDER.dict.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/fuzz/target.h"

extern "C" int LLVMFuzzerInitialize(int* argc, char*** argv) {
    if (*argc != 3 || std::string_view((*argv)[1]) != "--seeds") return 0;
    const std::filesystem::path folder = (*argv)[2];
    std::filesystem::create_directories(folder);
    std::size_t number = 0;
    for (const auto& seed : weft::fuzz::seeds()) {
        std::ofstream(folder / std::to_string(number++), std::ios::binary) << seed;
    }
    std::ofstream words(folder.string() + ".dict");
    for (const auto& word : weft::fuzz::dictionary()) {
        words << '"';
        for (const char c : word) {
            static constexpr std::string_view kHex = "0123456789abcdef";
            const auto byte = static_cast<unsigned char>(c);
            words << "\\x" << kHex[byte / 16] << kHex[byte % 16];
        }
        words << "\"\n";
    }
    words.close();
    std::exit(0);  // NOLINT(concurrency-mt-unsafe): nothing else runs yet
}
