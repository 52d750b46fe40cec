// Boxes, the key file, notes and sealed files.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>

#include <fstream>

#include "store/note.h"
#include "store/sealed_file.h"
#include "tests/unit/store/support.h"

namespace weft::store {
namespace {

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(in), {}};
}

void write_file(const std::string& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
}

Box sample_box() {
    Box box;
    box.salt[2] = 7;
    box.check[3] = 9;
    box.state_version = 258;
    box.form = BoxForm::InFile;
    box.body = "sixteen bytes id";
    return box;
}

TEST(BoxTest, opens_only_in_its_place_and_whole) {
    auto entropy = seeded_entropy(1);
    const Key key(entropy->text(32));
    const RunId run = run_id(3);
    const std::string sealed = seal_box(*entropy, key, run, 5, sample_box());
    EXPECT_EQ(sealed.size(), 16 + kBoxOverhead);
    const auto box = open_box(key, run, 5, sealed);
    ASSERT_TRUE(box);
    EXPECT_EQ(box->body, "sixteen bytes id");
    EXPECT_EQ(box->state_version, 258);
    EXPECT_EQ(box->form, BoxForm::InFile);
    EXPECT_EQ(box->salt, sample_box().salt);
    EXPECT_EQ(box->check, sample_box().check);

    EXPECT_FALSE(open_box(key, run, 6, sealed));
    EXPECT_FALSE(open_box(key, run_id(4), 5, sealed));
    EXPECT_FALSE(open_box(Key(entropy->text(32)), run, 5, sealed));
    for (std::size_t i = 0; i < sealed.size(); ++i) {
        std::string bad = sealed;
        bad[i] = static_cast<char>(bad[i] ^ 1);
        EXPECT_FALSE(open_box(key, run, 5, bad)) << i;
    }
    EXPECT_FALSE(open_box(key, run, 5, sealed.substr(0, 30)));
}

TEST(EntropyTest, seeded_is_the_same_again_and_the_system_is_not) {
    EXPECT_EQ(seeded_entropy(5)->text(40), seeded_entropy(5)->text(40));
    EXPECT_NE(seeded_entropy(5)->text(40), seeded_entropy(6)->text(40));
    EXPECT_NE(system_entropy()->text(40), system_entropy()->text(40));
    auto entropy = system_entropy();
    EXPECT_NE(entropy->text(5000), entropy->text(5000));
}

class KeyFileTest : public testing::Test {
  protected:
    std::unique_ptr<KeyFile> create() {
        auto keys = KeyFile::create(path_, run_id(9), "", *entropy_);
        EXPECT_TRUE(keys) << (keys ? "" : keys.error().message);
        return std::move(*keys);
    }
    Result<std::unique_ptr<KeyFile>> open() { return KeyFile::open(path_, ""); }

    TempFolder folder_;
    std::string path_ = folder_ / "s.keys";
    std::unique_ptr<Entropy> entropy_ = seeded_entropy(2);
};

TEST_F(KeyFileTest, comes_back_the_same) {
    auto keys = create();
    EXPECT_EQ(keys->slot_count(), kSlotsAhead);
    const std::string key = std::string(keys->slot_key(17)->bytes());
    const Tag tag = keys->tag("ledger", "a");
    EXPECT_NE(tag, keys->tag("cache", "a"));
    ASSERT_TRUE(keys->set_last_checkpoint("a note"));
    const Hash signer = keys->public_key();
    keys.reset();

    struct stat info{};
    ASSERT_EQ(::stat(path_.c_str(), &info), 0);
    EXPECT_EQ(info.st_mode & 0777, 0600U);
    EXPECT_EQ(static_cast<std::uint64_t>(info.st_size), 8192 + kSlotsAhead * 128);
    auto again = open();
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ((*again)->store_id(), run_id(9));
    EXPECT_EQ((*again)->slot_key(17)->bytes(), key);
    EXPECT_EQ((*again)->tag("ledger", "a"), tag);
    EXPECT_EQ((*again)->last_checkpoint(), "a note");
    EXPECT_EQ((*again)->public_key(), signer);
    EXPECT_FALSE(KeyFile::create(path_, run_id(9), "", *entropy_));  // never over another
}

TEST_F(KeyFileTest, one_damaged_header_page_is_survived_two_are_not) {
    create().reset();
    const std::string whole = read_file(path_);
    for (const std::size_t page : {std::size_t{0}, std::size_t{4096}}) {
        std::string bad = whole;
        bad[page + 90] = static_cast<char>(bad[page + 90] ^ 1);
        write_file(path_, bad);
        EXPECT_TRUE(open()) << page;
        bad[90] = static_cast<char>(whole[90] ^ 1);
        bad[4096 + 90] = static_cast<char>(whole[4096 + 90] ^ 1);
        write_file(path_, bad);
        const auto both = open();
        ASSERT_FALSE(both);
        EXPECT_EQ(both.error().kind, ErrorKind::Corrupt);
    }
}

// Each bit of either page: told as the header's, and gone after the page was written anew.
TEST_F(KeyFileTest, a_header_page_that_does_not_fit_is_told_and_mended) {
    create().reset();
    const std::string whole = read_file(path_);
    const auto told = [](KeyFile& keys) {
        std::vector<std::string> places;
        std::uint64_t slot = 0;
        for (bool done = false; !done;) {
            auto some = keys.check(slot, done);
            EXPECT_TRUE(some);
            for (const auto& one : *some) places.push_back(one.place);
        }
        return places;
    };
    for (std::size_t at = 0; at < 8192; at += 61) {
        std::string bad = whole;
        bad[at] = static_cast<char>(bad[at] ^ (1 << (at % 8)));
        write_file(path_, bad);
        auto keys = open();
        ASSERT_TRUE(keys) << at;
        EXPECT_EQ(told(**keys), std::vector<std::string>{"header"}) << at;
        ASSERT_TRUE((*keys)->mend_header());
        EXPECT_EQ(told(**keys), std::vector<std::string>{}) << at;
        EXPECT_EQ((*keys)->slot_key(17)->bytes(), (*open())->slot_key(17)->bytes());
    }
}

TEST_F(KeyFileTest, a_destroyed_slot_stays_so) {
    auto keys = create();
    const std::string whole = read_file(path_);
    const std::vector<std::uint64_t> slots{5};
    ASSERT_TRUE(keys->destroy(slots));
    const auto gone = keys->slot_key(5);
    ASSERT_FALSE(gone);
    EXPECT_EQ(gone.error().kind, ErrorKind::Refused);
    EXPECT_TRUE(keys->slot_key(4));
    keys.reset();
    auto again = *open();
    EXPECT_EQ(*again->slot_state(5), SlotState::Destroyed);
    // Nothing of the wrapped key is left in the file.
    const std::string wrapped = whole.substr(8192 + 5 * 128 + 32, 48);
    EXPECT_EQ(read_file(path_).find(wrapped), std::string::npos);
    // A slot's bytes in another place don't open there.
    std::string moved = read_file(path_);
    moved.replace(8192 + 6 * 128, 128, moved.substr(8192 + 7 * 128, 128));
    again.reset();
    write_file(path_, moved);
    EXPECT_EQ((*open())->slot_key(6).error().kind, ErrorKind::Corrupt);
}

TEST_F(KeyFileTest, more_slots_are_made_before_they_are_needed) {
    auto keys = create();
    ASSERT_TRUE(keys->make_ahead(100, *entropy_));
    EXPECT_EQ(keys->slot_count(), kSlotsAhead);
    ASSERT_TRUE(keys->make_ahead(600, *entropy_));
    EXPECT_EQ(keys->slot_count(), 600 + kSlotsAhead);
    EXPECT_TRUE(keys->slot_key(1600));
}

TEST_F(KeyFileTest, a_wrapping_key_outside) {
    const std::string hex(64, 'a');
    ::setenv("WEFT_TEST_KEY", hex.c_str(), 1);
    auto keys = KeyFile::create(path_, run_id(9), "env:WEFT_TEST_KEY", *entropy_);
    ASSERT_TRUE(keys) << keys.error().message;
    const std::string key = std::string((*keys)->slot_key(1)->bytes());
    keys->reset();
    std::string raw;
    from_hex(hex, raw);
    EXPECT_EQ(read_file(path_).find(raw), std::string::npos);
    EXPECT_FALSE(open());
    ::setenv("WEFT_TEST_KEY", std::string(64, 'b').c_str(), 1);
    EXPECT_EQ(KeyFile::open(path_, "env:WEFT_TEST_KEY").error().kind, ErrorKind::Refused);
    ::setenv("WEFT_TEST_KEY", hex.c_str(), 1);
    auto again = KeyFile::open(path_, "env:WEFT_TEST_KEY");
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ((*again)->slot_key(1)->bytes(), key);

    const std::vector<std::uint64_t> slots{2};
    ASSERT_TRUE((*again)->destroy(slots));
    ASSERT_TRUE((*again)->rewrap("", *entropy_));
    again->reset();
    auto inside = open();
    ASSERT_TRUE(inside) << inside.error().message;
    EXPECT_EQ((*inside)->slot_key(1)->bytes(), key);
    EXPECT_EQ(*(*inside)->slot_state(2), SlotState::Destroyed);
    ::unsetenv("WEFT_TEST_KEY");
}

TEST_F(KeyFileTest, de_duplication_secrets_rotate_and_are_forgotten) {
    auto keys = create();
    const Tag old = keys->tag("ledger", "a");
    ASSERT_TRUE(keys->rotate_dedupe(*entropy_));
    EXPECT_NE(keys->tag("ledger", "a"), old);
    EXPECT_EQ(keys->tags("ledger", "a").at(1), old);
    ASSERT_TRUE(keys->forget_dedupe_below(2));
    keys.reset();
    EXPECT_EQ((*open())->tags("ledger", "a").size(), 1U);
}

TEST_F(KeyFileTest, others_may_not_read_it) {
    create().reset();
    ASSERT_EQ(::chmod(path_.c_str(), 0644), 0);
    EXPECT_EQ(open().error().kind, ErrorKind::Refused);
}

TEST_F(KeyFileTest, notes_are_signed_and_every_changed_byte_is_seen) {
    auto keys = create();
    const auto sign = [&](std::string_view text) { return keys->sign(text); };
    const std::string note =
        make_note("example.org/log", 42, leaf_hash("x"), keys->public_key(), sign);
    const auto read = check_note("example.org/log", keys->public_key(), note);
    ASSERT_TRUE(read) << read.error().message;
    EXPECT_EQ(read->size, 42U);
    EXPECT_EQ(read->root, leaf_hash("x"));
    EXPECT_TRUE(note.starts_with("example.org/log\n42\n"));
    for (std::size_t i = 0; i < note.size(); ++i) {
        for (const int flip : {1, 4, 32}) {
            std::string bad = note;
            bad[i] = static_cast<char>(bad[i] ^ flip);
            EXPECT_FALSE(check_note("example.org/log", keys->public_key(), bad)) << i;
        }
    }
    EXPECT_FALSE(check_note("example.org/log", leaf_hash("k"), note));
    const std::string witnessed = note + "\xE2\x80\x94 witness abcd\n";
    EXPECT_TRUE(check_note("example.org/log", keys->public_key(), witnessed));
    EXPECT_TRUE(
        verifier_key("example.org/log", keys->public_key()).starts_with("example.org/log+"));
}

TEST(SealedFileTest, streams_and_finds_every_kind_of_change) {
    TempFolder folder;
    const std::string files = folder / "s.files";
    auto entropy = seeded_entropy(4);
    const Key key(entropy->text(32));
    for (const std::size_t size : {0UL, 1UL, kFileChunkBytes - 1, kFileChunkBytes,
                                   kFileChunkBytes + 1, 3 * kFileChunkBytes}) {
        const std::string body = entropy->text(size);
        const auto row = write_sealed_file(files, key, run_id(1), *entropy, body);
        ASSERT_TRUE(row) << row.error().message;
        EXPECT_EQ(row->size, size);
        const auto back = read_sealed_file(files, key, *row);
        ASSERT_TRUE(back) << back.error().message;
        EXPECT_EQ(*back, body);

        const std::string path = sealed_file_path(files, row->id);
        const std::string whole = read_file(path);
        const auto refuses = [&](const std::string& bytes) {
            write_file(path, bytes);
            return !read_sealed_file(files, key, *row).has_value();
        };
        for (std::size_t i = 0; i < whole.size(); i += i < 60 ? 1 : 7919) {
            std::string bad = whole;
            bad[i] = static_cast<char>(bad[i] ^ 1);
            EXPECT_TRUE(refuses(bad)) << i << " of " << size;
        }
        EXPECT_TRUE(refuses(whole.substr(0, whole.size() - 1)));
        EXPECT_TRUE(refuses(whole + "x"));
        write_file(path, whole);
        FileRow other = *row;
        other.run = run_id(2);
        EXPECT_FALSE(read_sealed_file(files, key, other));
        EXPECT_FALSE(read_sealed_file(files, Key(entropy->text(32)), *row));
    }
}

// The bytes are of pages that nobody touches: what is too long is refused before any is read.
TEST(SealedFileTest, more_than_four_gibibytes_are_refused) {
    TempFolder folder;
    auto entropy = seeded_entropy(5);
    auto writer = FileWriter::begin(folder / "f", Key(entropy->text(32)), run_id(1), *entropy);
    ASSERT_TRUE(writer);
    void* pages = ::mmap(nullptr, kFileBytesMax, PROT_READ,
                         MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    ASSERT_NE(pages, MAP_FAILED);
    ASSERT_TRUE(writer->write("x"));
    const auto refused = writer->write({static_cast<const char*>(pages), kFileBytesMax});
    ::munmap(pages, kFileBytesMax);
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().kind, ErrorKind::Refused);
    // What was refused is not in it, and it goes on.
    ASSERT_TRUE(writer->write("y"));
    const auto row = writer->finish();
    ASSERT_TRUE(row);
    EXPECT_EQ(row->size, 2U);
}

TEST(SealedFileTest, an_unfinished_one_goes) {
    TempFolder folder;
    auto entropy = seeded_entropy(4);
    {
        auto writer = FileWriter::begin(folder / "f", Key(entropy->text(32)), run_id(1), *entropy);
        ASSERT_TRUE(writer);
        ASSERT_TRUE(writer->write(std::string(200'000, 'x')));
    }
    std::size_t left = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator(folder / "f")) {
        if (entry.is_regular_file()) ++left;
    }
    EXPECT_EQ(left, 0U);
}

}  // namespace
}  // namespace weft::store
