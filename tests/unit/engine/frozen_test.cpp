// Logs that were written once must replay for ever: every bundle of tests/frozen proves itself, and
// its runs execute again to the same bytes. Together they hold every kind of record that a run's
// log can have and come to every instruction and built-in function.
//
// `weft_simulation freeze FOLDER` makes bundles anew, for what is new; those that are there stay.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "bytecode/opcode_info.h"
#include "bytecode/record.h"
#include "tests/support/frozen_log.h"

namespace weft {
namespace {

const std::set<std::string>& held() {
    static const std::set<std::string> all = [] {
        std::set<std::string> out;
        for (const auto* folder : {"bundles", "logs"}) {
            const auto path = std::filesystem::path(WEFT_SOURCE_DIR) / "tests/frozen" / folder;
            for (const auto& file : std::filesystem::directory_iterator(path)) {
                std::ifstream in(file.path(), std::ios::binary);
                std::stringstream bytes;
                bytes << in.rdbuf();
                const auto holds = frozen::holdings(bytes.str());
                EXPECT_FALSE(holds.empty()) << file.path() << " does not replay";
                out.insert(holds.begin(), holds.end());
            }
        }
        return out;
    }();
    return all;
}

TEST(Frozen, LogsHoldEveryKindOfARunsRecords) {
    std::string missing;
    for (const auto& info : all_record_kinds()) {
        if (info.chain != RecordChain::Run) continue;  // tests/frozen/stores has the system's
        // Nothing writes it: what is in doubt follows from starts and outcomes.
        if (info.kind == RecordKind::Doubt) continue;
        if (!held().contains("record " + std::string(info.name))) {
            missing += std::string(info.name) + "\n";
        }
    }
    EXPECT_EQ(missing, "");
}

// Those that no program comes to: an older form that the compiler does not write any more, and the
// end of a ladder that has a last rung.
bool is_of_no_program(Opcode op) {
    return op == Opcode::Review || op == Opcode::Trap;
}

TEST(Frozen, LogsComeToEveryInstruction) {
    std::string missing;
    for (const auto& info : all_opcodes()) {
        if (is_of_no_program(info.op)) continue;
        if (!held().contains("opcode " + std::string(info.mnemonic))) {
            missing += std::string(info.mnemonic) + "\n";
        }
    }
    EXPECT_EQ(missing, "");
}

TEST(Frozen, LogsComeToEveryBuiltInFunction) {
    std::string missing;
    for (const auto& info : all_builtins()) {
        if (!held().contains("builtin " + std::string(info.name))) {
            missing += std::string(info.name) + "\n";
        }
    }
    EXPECT_EQ(missing, "");
}

}  // namespace
}  // namespace weft
