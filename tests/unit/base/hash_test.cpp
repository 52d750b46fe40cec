#include "base/hash.h"

#include <gtest/gtest.h>

#include <string>

namespace weft {
namespace {

std::string hex(const Hash& hash) {
    return to_hex(view(hash));
}

// FIPS 180-4's examples, and what is longer than the buffer of one update.
TEST(Sha256, GivesThePublishedHashes) {
    EXPECT_EQ(hex(sha256("")), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    EXPECT_EQ(hex(sha256("abc")),
              "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    EXPECT_EQ(hex(sha256("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq")),
              "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
    EXPECT_EQ(hex(sha256(std::string(1'000'000, 'a'))),
              "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(Sha256, IsTheSameInPartsAndFromACopy) {
    Sha256 hash;
    hash.update("ab");
    Sha256 copy = hash;
    EXPECT_EQ(hash.update("c").finish(), sha256("abc"));
    EXPECT_EQ(copy.update("").update("d").finish(), sha256("abd"));
}

// RFC 4231: cases 1, 2, 3, and 6 and 7, whose keys are longer than a block.
TEST(HmacSha256, GivesThePublishedCodes) {
    EXPECT_EQ(hex(hmac_sha256(std::string(20, '\x0b'), "Hi There")),
              "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    EXPECT_EQ(hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    EXPECT_EQ(hex(hmac_sha256(std::string(20, '\xaa'), std::string(50, '\xdd'))),
              "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    const std::string long_key(131, '\xaa');
    EXPECT_EQ(hex(hmac_sha256(long_key, "Test Using Larger Than Block-Size Key - Hash Key First")),
              "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    EXPECT_EQ(hex(hmac_sha256(long_key,
                              "This is a test using a larger than block-size key and a larger "
                              "than block-size data. The key needs to be hashed before being used "
                              "by the HMAC algorithm.")),
              "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

// A key of exactly a block is used as it is, one more byte and its hash is.
TEST(HmacSha256, HashesAKeyOfMoreThanABlock) {
    const std::string key(65, 'k');
    EXPECT_EQ(hmac_sha256(key, "x"), hmac_sha256(view(sha256(key)), "x"));
    const std::string block(64, 'k');
    EXPECT_NE(hmac_sha256(block, "x"), hmac_sha256(view(sha256(block)), "x"));
}

}  // namespace
}  // namespace weft
