// Files of signed checkpoints that are kept elsewhere: a full disk or a death in the middle of a
// note must not look like tampering afterwards.
#include "store/note_file.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <sstream>

#include "store/note.h"
#include "tests/unit/store/support.h"

namespace weft::store {
namespace {

constexpr std::string_view kOrigin = "weft.store/0c1191ac6691ab93\n";

std::string note_of(int size) {
    return std::string(kOrigin) + std::to_string(size) +
           "\ncm9vdA==\n\n\xe2\x80\x94 weft.store/0c1191ac6691ab93 c2lnbmF0dXJl\n";
}

std::string text_of(const std::string& path) {
    std::stringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
}

TEST(NoteFile, holds_one_note_after_another_and_none_twice_in_a_row) {
    TempFolder folder;
    const std::string path = folder / "seen";
    for (const int size : {1, 1, 2, 2, 3}) ASSERT_TRUE(append_note(path, note_of(size)));
    EXPECT_EQ(text_of(path), note_of(1) + note_of(2) + note_of(3));
}

TEST(NoteFile, a_note_that_finds_no_room_leaves_nothing) {
    TempFolder folder;
    const std::string path = folder / "seen";
    ASSERT_TRUE(append_note(path, note_of(1)));
    for (std::size_t room = 0; room < note_of(2).size(); room += 7) {
        const pid_t child = ::fork();
        if (child == 0) {
            std::signal(SIGXFSZ, SIG_IGN);
            const rlimit limit{note_of(1).size() + room, note_of(1).size() + room};
            ::setrlimit(RLIMIT_FSIZE, &limit);
            ::_exit(append_note(path, note_of(2)) ? 1 : 0);
        }
        int status = 0;
        ::waitpid(child, &status, 0);
        ASSERT_EQ(status, 0) << room;
        ASSERT_EQ(text_of(path), note_of(1)) << room;
    }
    ASSERT_TRUE(append_note(path, note_of(2)));
    EXPECT_EQ(text_of(path), note_of(1) + note_of(2));
}

// Whoever wrote it died before it could take it back.
TEST(NoteFile, a_piece_of_a_note_is_cut_off_by_the_next) {
    TempFolder folder;
    const std::string path = folder / "seen";
    for (const bool first : {true, false}) {
        const std::string before = first ? "" : note_of(1);
        for (std::size_t piece = 1; piece < note_of(2).size(); ++piece) {
            std::ofstream(path, std::ios::binary) << before << note_of(2).substr(0, piece);
            ASSERT_TRUE(append_note(path, note_of(3)));
            ASSERT_EQ(text_of(path), before + note_of(3)) << piece;
        }
    }
}

TEST(NoteFile, what_is_not_ours_stays) {
    TempFolder folder;
    const std::string path = folder / "seen";
    const std::string cosigned = note_of(1) + "\xe2\x80\x94 other.example AAAA\n";
    for (const std::string& held :
         {cosigned, cosigned + "kept by ann", std::string("other.example/log\n5\n"),
          std::string(9000, 'x')}) {
        std::ofstream(path, std::ios::binary) << held;
        ASSERT_TRUE(append_note(path, note_of(3)));
        EXPECT_EQ(text_of(path), held + note_of(3));
    }
}

TEST(NoteFile, that_may_only_be_written_gets_its_note) {
    TempFolder folder;
    const std::string path = folder / "seen";
    std::ofstream(path, std::ios::binary) << note_of(1);
    std::filesystem::create_symlink(path, folder / "link");
    ASSERT_TRUE(append_note(folder / "link", note_of(2)));
    EXPECT_EQ(text_of(path), note_of(1) + note_of(2));
    EXPECT_FALSE(append_note(folder / "none/seen", note_of(2)));
}

}  // namespace
}  // namespace weft::store
